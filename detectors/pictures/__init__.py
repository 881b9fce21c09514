"""Rules about what pictures show."""
