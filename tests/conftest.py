"""For every test."""

import pytest
import structlog


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
