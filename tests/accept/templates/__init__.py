"""Attacks on templates, and how it is seen that one got through."""
