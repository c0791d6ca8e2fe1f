"""Letters of the review."""
