"""Reading in bulk: seats and queues, rosters."""
