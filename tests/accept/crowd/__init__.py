"""Callers who take their time, and one in a hurry."""
