"""From an export to findings, the store and the report."""

import os

# Before numpy is loaded: threads over the small matrices of the logo search wait longer than they work, and took twice the time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
