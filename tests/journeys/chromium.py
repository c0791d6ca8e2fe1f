"""The system's own browser, and how it is started: quiet, and asking nobody elsewhere."""

import shutil

# The shell draws pages and nothing around them, so it is the lighter one; any will do.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser")
CHROMIUM = next((path for name in NAMES if (path := shutil.which(name))), None)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
