"""AC-14's parts: a hub with two tenants, what is thrown at it, and who looks at the answers."""
