"""What pages, letters and rules read, in a fixed number of queries."""
