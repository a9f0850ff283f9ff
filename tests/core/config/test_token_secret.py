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


@pytest.mark.parametrize("weak", ["canary-key", "please-change-this-canary-in-production!"])
@pytest.mark.parametrize(
    "text",
    [
        "server: {{tokenSecret: {}}}\n",
        "server:\n  tokenSecret: '{}'\n",
        "server:\n  tokensecret: {}\n",
        "server:\n  tokenSecret: '{}\n",
        'server: {{"tokenSecret": "{}", prot: 1}}\n',
    ],
)
def test_one_that_is_written_into_the_file_is_not_shown_either(
    weak: str, text: str, project: Project
) -> None:
    assert "canary" not in project.report(text.format(weak))


def test_a_number_for_a_secret_is_not_shown_either(project: Project) -> None:
    assert "7234561" not in project.report("server:\n  tokenSecret: 7234561\n")


def test_wherever_it_comes_from_it_is_known_as_a_secret(project: Project) -> None:
    project.write(f"JWT_SECRET={STRONG}\n", ".env")
    assert project.load("").secrets == {STRONG}
    (project.root / ".env").unlink()
    assert project.load(f"server: {{tokenSecret: '{STRONG}'}}\n").secrets == {STRONG}
    assert project.load("", {"JWT_SECRET": STRONG}).secrets == {STRONG}
    assert project.load("").secrets == frozenset()
    found = project.load(NAMED, {"SIGNING": STRONG})
    assert found.secrets == {STRONG}
    assert found.secret_names == {"JWT_SECRET", "SIGNING"}
