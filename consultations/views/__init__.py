"""Pages of Level B."""
