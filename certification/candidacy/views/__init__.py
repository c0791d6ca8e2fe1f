"""Pages of registering for certification."""
