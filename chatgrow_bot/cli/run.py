"""`chatgrow run`: the hub, until it is told to stop."""

import asyncio
import gc
import os
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

import click
import uvloop

from ..app import open_hub
from ..background import background
from ..config.load import Loaded
from ..logs import Rotation, configure
from .options import config_option, loaded
from .secrecy import shut
from .stop import Stop

#: Objects made since it was last looked for what nobody holds any more.
_LOOK_AFTER = 10_000
#: Seconds that a stop may take beyond what it leaves to messages that are being sent: requests in flight, the
#: browsers, the plugins.
_CLOSING = 40.0


@click.command()
@config_option
@click.pass_context
def run(ctx: click.Context, config: Path | None) -> None:
    """Run the hub until Ctrl-C, SIGTERM or the end of its terminal. SIGHUP: read anew what can be."""
    found = loaded(ctx, config)
    os.umask(0o077)  # logs that rotate, the database's side files: what is made from here on is ours alone
    shut(found.secrets, found.secret_names)
    logs = found.settings.logs
    configure(found.settings.logs_dir, Rotation(size=logs.size, keep=logs.keep), found.secrets)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(_run(found)))


async def _run(found: Loaded) -> int:
    stop = Stop(found.settings.queue.drain + _CLOSING)
    with stop.heard():
        try:
            await _hub(found, stop)
        except asyncio.CancelledError:
            if not stop.asked:
                raise
            click.echo("Stopped while it was starting.")
    return 0


async def _hub(found: Loaded, stop: Stop) -> None:
    async with open_hub(found) as running:
        _settle_memory()
        if running.first_password:
            click.echo(
                f"\nA first user was made: admin, password {running.first_password}\n"
                "It is shown this once. To change it, stop the hub: chatgrow user passwd admin\n"
            )
        click.echo(f"ChatGrow Bot listens on http://{running.host}:{running.port}  (Ctrl-C stops it)")
        async with background(stop.reading_anew(partial(running.reload, "SIGHUP")), "reload"):
            await stop.wait()
        with suppress(OSError):  # a terminal that is gone is the very reason
            click.echo("Stopping: what is being sent is finished, the rest stays queued. Again: at once.")


def _settle_memory() -> None:
    """What is there once the hub is open stays: looking through it again and again took a tenth of what a
    request costs."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_LOOK_AFTER, *gc.get_threshold()[1:])
