"""What can be done with cohorts, by subject: one function per verb."""
