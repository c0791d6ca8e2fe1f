"""Measurements: ``python -m bench`` (times, as ratios) and ``python -m bench.soak`` (the long checks)."""
