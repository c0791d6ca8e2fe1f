"""Evidence and lists of cohorts, by who asks."""
