"""`chatgrow reload`: has a hub that runs read anew what can be."""

import sys

import click

from .drawing import safe
from .remote import Remote, remote


@click.command()
@remote
def reload(hub: Remote) -> None:
    """Have a hub that runs read anew what can be: rule files, say. What is wrong stays as it was; exit code 1
    if anything is. For admins."""
    done = hub.ask(lambda client: client.command("reload"))
    hub.show(done, lambda: click.echo("\n".join(safe(line) for line in done.text.splitlines())))
    if not done.ok:
        sys.exit(1)
