"""`chatgrow openapi`: the API's document without a running hub."""

from typing import BinaryIO

import click

from chatgrow_bot.plugin import SERVED

from .document import document, written


@click.command()
@click.option("--output", type=click.File("wb"), default="-", help="Write it here, not on the console.")
@click.pass_context
def openapi(ctx: click.Context, output: BinaryIO) -> None:
    """Print the REST API's OpenAPI document, of the plugins that chatgrow.yaml has on."""
    output.write(written(document(route for _, route in ctx.meta[SERVED]())) + b"\n")
