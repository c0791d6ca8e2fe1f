"""Encrypted storage for confidential files.

This app has no addresses of its own: the app that owns the row about a file decides who may open it
and answers with :func:`scip.vault.serving.serve`.
"""
