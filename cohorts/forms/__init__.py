"""Forms about cohorts; they validate and save nothing."""
