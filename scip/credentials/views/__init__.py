"""Verification and papers for everybody, the holder's own page, documents for machines."""
