"""Level B: clinical topics and the small groups that meet about them."""
