"""Menus and forms: what a rule asks a customer, what he may answer, and how it goes on."""
