"""The secret that signs tokens: a weak one stops the start, wherever it is from, and no report shows it."""

import pytest

from .conftest import Project

STRONG = "kV7!pQ2zR9wX4mB8nT6yH1cJ5dF3gL0s-uA"
WEAK = (
    "secret",
    "password",
    "changeme" * 5,
    "a" * 64,
    "0123456789abcdef" * 2 + "0123456789-secret",
    "please-change-this-secret-in-production!",
    "your-jwt-secret-key-goes-here-0123456789",
    "abababababababababababababababababababab",
    "12345678901234567890123456789012",
    "default-signing-key-of-the-installation-xyz",
    STRONG[:31],
)
NAMED = "server: {tokenSecret: !secret SIGNING}\n"


@pytest.mark.parametrize("weak", WEAK)
def test_a_weak_secret_is_refused_and_not_shown(weak: str, project: Project) -> None:
    for report in (
        project.report("", {"JWT_SECRET": weak}),
        project.report(NAMED, {"SIGNING": weak}),
    ):
        assert "'tokenSecret': it " in report
        assert "openssl rand -base64 48" in report
        assert weak not in report.replace("!secret", "").replace("JWT_SECRET", "")


def test_a_weak_secret_of_dotenv_is_not_shown_either(project: Project) -> None:
    project.write("JWT_SECRET=canary\n", ".env")
    report = project.report("")
    assert ".env:1:1" in report
    assert "canary" not in report


def test_a_strong_secret_is_used_and_an_empty_one_is_none(project: Project) -> None:
    assert project.load(NAMED, {"SIGNING": STRONG}).settings.server.token_secret == STRONG
    assert project.load("", {"JWT_SECRET": STRONG}).settings.server.token_secret == STRONG
    assert project.load("", {"JWT_SECRET": ""}).settings.server.token_secret is None
    assert STRONG not in repr(project.load("", {"JWT_SECRET": STRONG}).settings)
