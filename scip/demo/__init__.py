"""Only while the demo runs: one-click sign-in, the outbox, the demo world."""
