"""What a file is, judged by its content: see :mod:`scip.vault.inspection.check`."""
