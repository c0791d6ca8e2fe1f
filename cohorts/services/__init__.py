"""What happens to applications, places and cohorts: one function per verb."""
