"""The phones as a web page: a person picks whose phone to hold, and writes, sends and reads as on a true one.

Served by the control address. The page acts by the same verbs as every script; what it adds is only looking:
what a phone shows, news of it, and the codes that open pages show.
"""

from .routes import add_phone_page

__all__ = ["add_phone_page"]
