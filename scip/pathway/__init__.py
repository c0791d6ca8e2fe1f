"""A person's home: where they stand, what is next, their calendar feed."""
