"""What people type into a portfolio."""
