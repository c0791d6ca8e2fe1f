"""What the review asks the database."""
