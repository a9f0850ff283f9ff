"""How a page comes to be logged out, and what it is told: by its owner, by a ban, or because it is outdated.

A ban is a fact about an account and is kept on disk; why else a page was logged out, only open ones are told.
"""

from __future__ import annotations

from enum import StrEnum

from .changes import Changes
from .nouns import Device, SimulatorError, unknown
from .state import State


class Reason(StrEnum):
    """Why a page was logged out, in WhatsApp Web's own words; there are more, these are the common ones."""

    UNKNOWN_COMPANION = "unknown_companion"  #: the phone took this device off its list
    ACCOUNT_LOCKED = "account_locked"  #: WhatsApp closed the account
    CLIENT_VERSION_OUTDATED = "client_version_outdated"  #: this version of the page is let in no longer
    ACCOUNT_SYNC_ERROR = "account_sync_error"  #: phone and page could not agree on what there is
    SYNCD_FAILURE = "syncd_failure"  #: the same, of settings
    PRIMARY_IDENTITY_KEY_CHANGE = "primary_identity_key_change"  #: WhatsApp was set up anew on the phone
    STORAGE_QUOTA_EXCEEDED = "storage_quota_exceeded"  #: the browser's disk is full


class Partings:
    """Unlinks devices, bans numbers, and knows what to tell their pages."""

    def __init__(self, state: State, changes: Changes) -> None:
        self._state = state
        self._changes = changes
        self._reasons: dict[int, Reason] = {}

    def unlink(self, device: Device, reason: Reason = Reason.UNKNOWN_COMPANION) -> None:
        """Takes a browser off its owner's list."""
        self._reasons[device.id] = reason
        self._state.remove_device(device)
        self._changes.ring()

    def unlink_all(self, number: str, reason: str) -> None:
        """Takes every browser off. Raises SimulatorError on a reason that WhatsApp does not give."""
        if reason not in [*Reason]:
            raise SimulatorError(unknown("reason", reason, Reason))
        for device in self._state.devices(number):
            self.unlink(device, Reason(reason))

    def ban(self, number: str) -> None:
        """Closes an account: its pages are logged out, it can link no other, and write nothing."""
        self._state.set_banned(number, True)
        self.unlink_all(number, Reason.ACCOUNT_LOCKED)

    def pardon(self, number: str) -> None:
        """Opens the account again; its pages have to be linked anew."""
        self._state.set_banned(number, False)

    def check_open(self, number: str) -> None:
        """Raises SimulatorError when the account is closed."""
        if self._state.is_banned(number):
            raise SimulatorError(f"WhatsApp has banned +{number}: pardon it first")

    def reason(self, number: str, device: Device | None = None) -> Reason:
        """What a page is told whose device is not linked any more."""
        if self._state.is_banned(number):
            return Reason.ACCOUNT_LOCKED
        return self._reasons.get(device.id if device else -1, Reason.UNKNOWN_COMPANION)
