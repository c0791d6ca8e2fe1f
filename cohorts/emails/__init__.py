"""Letters about cohorts, one function each."""
