"""People: sign-in, profile, roles, and the prerequisites they bring evidence for."""
