"""Who tries to come in, and by what."""
