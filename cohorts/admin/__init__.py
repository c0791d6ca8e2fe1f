"""The office's pages about cohorts."""
