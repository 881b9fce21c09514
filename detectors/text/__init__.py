"""What text rules share: folding with an offset map, the roll's index."""
