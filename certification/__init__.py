"""Level C, a plain package for its apps: candidacy, portfolio and review."""
