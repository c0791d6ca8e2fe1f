"""Charges and money. Knows no courses: a process keeps a foreign key to its Charge."""
