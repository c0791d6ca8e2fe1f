"""Supervision between a candidate and a supervisor."""
