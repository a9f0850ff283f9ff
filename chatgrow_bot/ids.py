"""Ids are made by the application and grow with time, so that nothing has to be read back after an insert."""

import uuid_utils


def new_id() -> str:
    """A UUIDv7 as 32 hex digits: unique, and later ones sort later."""
    return uuid_utils.uuid7().hex
