"""AC-06's parts: the town that messages go to, the lives and deaths of the hub, and the judge."""
