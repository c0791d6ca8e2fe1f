"""Letters about registering for certification, one function each."""
