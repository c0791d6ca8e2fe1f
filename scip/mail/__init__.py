"""The outbox: letters are written with the act they belong to, and sent after commit."""
