"""Forms of registering, leave and credit; they validate and save nothing."""
