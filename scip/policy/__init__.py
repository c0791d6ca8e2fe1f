"""Editions: the rules, counts, fees and wording in force from a date. Staff-editable."""
