"""Cohorts: application, places, sessions, attendance, completion. Level A, and B's mechanics."""
