"""Rules of the review, each a pure function from evidence to findings."""
