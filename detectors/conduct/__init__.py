"""Rules about how people speak on the school's sites, and what they may not say there: each claims whole items."""
