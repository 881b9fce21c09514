"""Set before anything is imported: what a command prints is as wide as a test needs it, whichever module made its console first."""

import os

os.environ["COLUMNS"] = "300"
# Several processes test at once, and threads over small matrices wait for each other longer than they work.
os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
