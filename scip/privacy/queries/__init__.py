"""What is asked of the database: what stands in the way, and what we have about somebody."""
