"""Public holidays of a country, by the library `holidays`, which is imported by the first file that names a
country."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from .names import nearest

_LANGUAGE = "en_US"  #: of the days' names in traces; a country without it has its own


@lru_cache(maxsize=512)  # a year of Hebrew or Chinese days is reckoned with the moon
def public_days(country: str, year: int) -> Mapping[date, str]:
    """The public holidays of a year, with their names. `country` is one that `checked_country` let pass."""
    from holidays import country_holidays

    code, _, part = country.partition("-")
    days = country_holidays(code, subdiv=part or None, years=year, expand=False, language=_LANGUAGE)
    return dict(days.items())


def checked_country(name: str) -> str:
    """The code of a country, as IL, or of a part of one, as DE-BY. Raises ValueError, with the nearest."""
    from holidays.utils import list_supported_countries

    known = list_supported_countries(include_aliases=True)
    code, _, part = name.strip().partition("-")
    code = code.upper()
    if code not in known:
        meant = _code_of(name)
        hint = f", did you mean {meant}?" if meant else "; write its code, such as IL, US or DE-BY"
        raise ValueError(f"there is no country '{name}'{hint}")
    if not part:
        return code
    parts = {each.upper(): each for each in known[code]}
    if part.upper() not in parts:
        listed = f"one of {', '.join(parts.values())} behind it" if parts else "no part behind it"
        raise ValueError(f"{code} has no part '{part}'; write {code} with {listed}")
    return f"{code}-{parts[part.upper()]}"


def _code_of(name: str) -> str | None:
    from holidays.registry import COUNTRIES

    codes = {alias: names[1] for key, names in COUNTRIES.items() for alias in (*names, key.replace("_", " "))}
    meant = nearest(name, codes)
    return codes[meant] if meant else None
