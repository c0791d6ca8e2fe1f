"""Forms of the review; saving is the services' business."""
