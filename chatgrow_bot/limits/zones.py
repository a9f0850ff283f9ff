"""Where in the world a chat is, as far as its number tells: people are left alone by their own clocks, not by
ours."""

from functools import lru_cache

from phonenumbers import NumberParseException, parse
from phonenumbers.timezone import UNKNOWN_TIMEZONE, time_zones_for_geographical_number, time_zones_for_number

from ..addresses import phone_of


@lru_cache(maxsize=10_000)
def zones_of(chat: str) -> tuple[str, ...]:
    """The time zones that a person's number may be in, as Asia/Jerusalem; none for a group, for somebody
    known by a linked id only, and for a number of no country."""
    number = phone_of(chat)
    if number is None:
        return ()
    try:
        parsed = parse(number)
    except NumberParseException:
        return ()
    # A number from a range that was given out after the library was made has its country at least.
    for look in (time_zones_for_number, time_zones_for_geographical_number):
        zones = tuple(look(parsed))
        if zones and zones != (UNKNOWN_TIMEZONE,):
            return zones
    return ()
