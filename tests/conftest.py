"""Set before anything is imported: what a command prints is as wide as a test needs it, whichever module made its console first."""

import os

os.environ["COLUMNS"] = "300"
