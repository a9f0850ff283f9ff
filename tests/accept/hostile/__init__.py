"""A hub among people who mean it no good."""
