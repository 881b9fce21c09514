"""Rules about personal data: pattern, then validator, then context."""
