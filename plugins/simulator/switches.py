"""What can be set while the simulator runs: how its servers behave, to rehearse what true ones might do.

What goes wrong on order, for one number or the next few times, is in faults.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_type_hints

import msgspec

from .nouns import SimulatorError, unknown


@dataclass(slots=True, kw_only=True)
class Switches:
    """The settings in force; each is read at the moment it matters."""

    #: drop a message whose id the server has seen between the same two, as WhatsApp is believed to
    deduplicate: bool = True
    #: how long one QR code is shown, in seconds
    qr_seconds: float = 20
    #: how many QR codes are shown before the page goes idle
    qr_codes: int = 6
    #: how long a pairing code is good, in seconds
    pairing_seconds: float = 180

    def change(self, changes: dict[str, Any]) -> None:
        """Sets some by name: all of them, or none. Raises SimulatorError on a name or value that is none."""
        types = get_type_hints(Switches)
        for name, value in changes.items():
            if name not in types:
                raise SimulatorError(unknown("switch", name, types))
            try:
                msgspec.convert(value, types[name])
            except msgspec.ValidationError as error:
                raise SimulatorError(f"switch {name}: {error}") from None
        for name, value in changes.items():
            setattr(self, name, value)
