"""The public site: programme, fees, questions, faculty, interest list, contact."""
