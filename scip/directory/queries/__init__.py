"""What is asked of listings."""
