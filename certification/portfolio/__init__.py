"""The portfolio: case studies, reflections and the log behind them, in confidence."""
