"""The append-only log: what happened, to what, by whom; sealed into a hash chain."""
