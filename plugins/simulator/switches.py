"""What can be set while the simulator runs: how its servers behave, to rehearse what true ones might do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Switches:
    """The settings in force; each is read at the moment it matters."""

    #: drop a message whose id the server has seen between the same two, as WhatsApp is believed to
    deduplicate: bool = True
    #: how long one QR code is shown, in seconds
    qr_seconds: float = 20
    #: how many QR codes are shown before the page goes idle
    qr_codes: int = 6
