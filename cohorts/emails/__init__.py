"""The letters of cohorts, by subject: one function per letter."""
