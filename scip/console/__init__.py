"""The office's workplace: the admin's first page with its queues, one page per person."""
