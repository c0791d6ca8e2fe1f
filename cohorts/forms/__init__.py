"""Forms of cohorts: they check and clean, services act."""
