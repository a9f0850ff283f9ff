"""Two users of one hub, of whom one asks for what is the other's."""
