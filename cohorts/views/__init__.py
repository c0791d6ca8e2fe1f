"""Pages of cohorts, by who opens them."""
