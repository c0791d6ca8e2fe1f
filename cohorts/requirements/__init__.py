"""The rules of cohorts: admission and attendance."""
