"""What a person has achieved: completions with their basis, credentials, certificates."""
