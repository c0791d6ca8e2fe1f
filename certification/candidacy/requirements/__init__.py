"""The rules of registering for certification, as explainable findings."""
