"""Evil patterns, and a hub whose rules have a hundred of them."""
