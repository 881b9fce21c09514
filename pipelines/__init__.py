"""From an export to findings, the store and the report."""
