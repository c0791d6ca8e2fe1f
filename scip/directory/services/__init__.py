"""What owners, visitors and the office do with listings."""
