"""Pages about cohorts, by who uses them."""
