"""One step of the story: shown with its time when it happened, and the end of the story when it did not."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import click

from .processes import DemoFailed


@asynccontextmanager
async def step(title: str) -> AsyncIterator[None]:
    """The body is what must happen. Raises DemoFailed, naming the step."""
    began = time.monotonic()
    try:
        yield
    except (DemoFailed, TimeoutError) as error:
        raise DemoFailed(f"not seen: {title}. {error}") from error
    took = time.monotonic() - began
    click.echo(f"  {click.style('✓', fg='green')} {took:6.2f} s  {title}")


def demand(holds: object, otherwise: str) -> None:
    """Raises DemoFailed unless it holds."""
    if not holds:
        raise DemoFailed(otherwise)
