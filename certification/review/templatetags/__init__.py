"""What pages of other floors show of the review."""
