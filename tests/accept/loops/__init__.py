"""AC-11's parts: who talks to the hub, and the world in which they do."""
