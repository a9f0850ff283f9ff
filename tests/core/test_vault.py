"""The installation's key: made once, for nobody else's eyes; what it seals no other key opens."""

from pathlib import Path

import pytest

from chatgrow_bot.errors import ConfigError
from chatgrow_bot.vault import FILE, Vault


def test_a_key_is_made_once_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    first, second = Vault.open(tmp_path / "sessions"), Vault.open(tmp_path / "sessions")
    assert (tmp_path / "sessions" / FILE).stat().st_mode & 0o777 == 0o600
    assert first.derive("tokens") == second.derive("tokens") != first.derive("webhooks")
    assert second.unseal(first.seal("whsec_abc")) == "whsec_abc"


def test_what_is_sealed_shows_nothing_and_no_other_key_opens_it() -> None:
    sealed = Vault(b"a" * 32).seal("whsec_abc")
    assert "whsec" not in sealed
    assert Vault(b"b" * 32).unseal(sealed) is None


@pytest.mark.parametrize("content", ["", "zz", "ab" * 31])
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    (tmp_path / FILE).chmod(0o600)
    with pytest.raises(ConfigError, match=FILE):
        Vault.open(tmp_path)


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    Vault.open(tmp_path)
    (tmp_path / FILE).chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        Vault.open(tmp_path)
