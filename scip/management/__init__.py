"""Commands and the machinery to run the site on a single machine."""
