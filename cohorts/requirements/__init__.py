"""The rules of cohorts, by subject: pure functions from evidence to findings."""
