"""Rules about pupils; ``mentions`` resolves for all of them who is meant."""
