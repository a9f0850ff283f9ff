"""For every test."""

from collections.abc import Iterator

import pytest
import structlog
from argon2 import PasswordHasher

from chatgrow_bot.accounts import passwords


def _light() -> PasswordHasher:
    return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture(autouse=True, scope="module")
def light_passwords(request: pytest.FixtureRequest) -> Iterator[None]:
    """A password is hashed in no time: every hub hashes two when it starts, which would take most of a test's
    processor. `strong_passwords = True` in a module leaves them as they are; so does a process of its own."""
    with pytest.MonkeyPatch.context() as patch:
        if not getattr(request.module, "strong_passwords", False):
            patch.setattr(passwords, "hasher", _light)
        yield


@pytest.fixture(autouse=True, scope="session")
def plain_tracebacks() -> None:
    """What is logged with an error shows its plain traceback. Where a package for prettier ones is installed,
    drawing one with all its values takes the hub a tenth of a second."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ],
        logger_factory=structlog.PrintLoggerFactory(),
    )
