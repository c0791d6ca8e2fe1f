"""Addresses of cohorts, by who uses them."""
