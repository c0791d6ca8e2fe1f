"""The long checks (``python -m bench.soak``): full figures, each with a control that was seen to fail."""
