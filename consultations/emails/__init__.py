"""Letters of Level B."""
