"""AC-22's hub, plugins that cannot keep a secret, and where is looked for what they said."""
