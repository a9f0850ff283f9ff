"""The only doors to URLs, paths, templates and patterns that come from outside: nothing else in the core or
in a shipped plugin opens one, so what may come in is decided here and nowhere else."""
