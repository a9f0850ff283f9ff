"""AC-21's parts: a hundred plugins that misbehave, and a hub that has to live with them."""
