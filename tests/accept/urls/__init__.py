"""Addresses that try to make the hub call its own network."""
