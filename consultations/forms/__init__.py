"""Forms of Level B."""
