"""How a backup of a login is encrypted: as age does it, so that `age -d FILE | tar xz` opens it too."""

import os
import stat
from pathlib import Path
from typing import Protocol

import pyrage

from ..errors import BadInput, ConfigError
from ..private import write_new

#: A passphrase guards somebody's whole account.
_SHORTEST = 12


class Seal(Protocol):
    """What closes and opens a backup."""

    def close(self, plain: bytes) -> bytes:
        """Encrypted."""
        ...

    def open(self, sealed: bytes) -> bytes:
        """As it was. Raises BadInput when this is not what closed it, or when it was changed since."""
        ...


class Passphrase:
    """Words that a person remembers."""

    def __init__(self, words: str) -> None:
        if len(words) < _SHORTEST:
            raise BadInput(f"A passphrase has {_SHORTEST} characters at least")
        self._words = words

    def close(self, plain: bytes) -> bytes:
        """Encrypted."""
        return pyrage.passphrase.encrypt(plain, self._words)

    def open(self, sealed: bytes) -> bytes:
        """As it was. Raises BadInput."""
        try:
            return pyrage.passphrase.decrypt(sealed, self._words)
        except pyrage.DecryptError as error:
            raise BadInput(f"The backup does not open: {error}") from error


class Key:
    """A file with an age identity, as `age-keygen` makes it, that nobody else may read."""

    def __init__(self, file: Path) -> None:
        """Raises ConfigError for a file that is no key, or not private."""
        try:
            descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW)
        except OSError as error:
            raise ConfigError(f"The key {file} cannot be read: {error.strerror}") from error
        with os.fdopen(descriptor, encoding="utf-8") as opened:
            if stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o077:
                raise ConfigError(f"Others may read the key {file}: chmod 600 {file}")
            words = [line.strip() for line in opened if line.startswith("AGE-SECRET-KEY-")]
        try:
            self._identity = pyrage.x25519.Identity.from_str(words[0])
        except (IndexError, pyrage.IdentityError) as error:
            raise ConfigError(f"{file} holds no age key; `chatgrow sessions key FILE` makes one") from error

    @staticmethod
    def make(file: Path) -> str:
        """Write a new key, 0600, where no file is yet; its public half. Raises ConfigError."""
        identity = pyrage.x25519.Identity.generate()
        try:
            write_new(file, f"# public key: {identity.to_public()}\n{identity}\n".encode())
        except OSError as error:
            raise ConfigError(f"The key {file} cannot be written: {error.strerror}") from error
        return str(identity.to_public())

    def close(self, plain: bytes) -> bytes:
        """Encrypted."""
        return pyrage.encrypt(plain, [self._identity.to_public()])

    def open(self, sealed: bytes) -> bytes:
        """As it was. Raises BadInput."""
        try:
            return pyrage.decrypt(sealed, [self._identity])
        except pyrage.DecryptError as error:
            raise BadInput(f"The backup does not open: {error}") from error
