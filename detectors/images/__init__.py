"""What picture rules share: decoding, perceptual hashes, the logo bank."""
