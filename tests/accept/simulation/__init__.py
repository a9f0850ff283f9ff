"""A whole hub in virtual time: `python -m tests.accept.simulation --seed 7` plays one story again."""
