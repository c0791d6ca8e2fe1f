"""Addresses of the review, by whom they are for."""
