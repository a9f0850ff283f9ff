"""`chatgrow demo`, `chatgrow simulator` and `chatgrow phone`: WhatsApp without WhatsApp, from a terminal."""

import asyncio
import json
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import aiohttp
import click

from .client import SimulatorClient
from .demo.api import Api
from .demo.boutique import linked
from .demo.processes import DemoFailed
from .demo.stage import AGENT, AGENT_NUMBER, CAFE, USER, Stage
from .demo.story import Story
from .nouns import SimulatorError
from .phones import Customer, Phone
from .simulator import Simulator, serve

_FOLDER = Path(".demo")
_RULES = Path("config/rules")
_SHOP, _CUSTOMER, _ANOTHER = "+972501234567", "+972541112233", "+972547654321"
_CAFE = "+972501234568"
_ANY_FOLDER = click.Path(path_type=Path, file_okay=False)
_PORT = click.IntRange(0, 65535)


@click.command()
@click.option(
    "--script", is_flag=True, help="Play the whole story by itself and exit 0 only if all of it happened."
)
@click.option("--folder", type=_ANY_FOLDER, default=_FOLDER, help="Where the demo lives; made anew.")
def demo(script: bool, folder: Path) -> None:
    """Show the product against a stand-in for WhatsApp: nobody's account, nothing leaves this machine."""
    try:
        asyncio.run(_demo(script, folder.absolute(), _RULES.absolute()))
    except (DemoFailed, TimeoutError) as error:
        click.echo(f"  {click.style('✗', fg='red')} {error}\n    The logs are in {folder}/", err=True)
        sys.exit(1)
    except (KeyboardInterrupt, asyncio.CancelledError):
        click.echo("\nStopped.")


async def _demo(script: bool, folder: Path, rules: Path) -> None:
    if task := asyncio.current_task():
        for each in (signal.SIGTERM, signal.SIGHUP):  # a terminal that is closed leaves no programs behind
            asyncio.get_running_loop().add_signal_handler(each, task.cancel)
    click.echo("Setting the stage: a hub and a stand-in for WhatsApp, in true Chromium …")
    try:
        stage = await Stage.build(folder, rules)
    except (DemoFailed, OSError) as error:  # nothing ran yet, so there are no logs to point at
        raise click.ClickException(str(error)) from error
    async with stage.simulator(), SimulatorClient(stage.places.simulator) as simulator:
        if script:
            await Story(stage, simulator).play()
            click.echo("The whole story happened.")
        else:
            await _leave_running(stage, simulator)


async def _leave_running(stage: Stage, simulator: SimulatorClient) -> None:
    await simulator.phone(_SHOP, name="Shop")
    await simulator.phone(_CAFE, name="Café")
    await simulator.customer(_CUSTOMER, name="Dana")
    await simulator.customer(_ANOTHER, name="נועם")
    async with stage.hub(), stage.api() as api:
        await asyncio.to_thread(_remember, stage)
        await api.create("shop", "The shop", _SHOP)
        boutique = await linked(api, simulator)
        await (await simulator.customer(AGENT_NUMBER, name=AGENT)).write(boutique, "/list")
        click.echo(await api.qr_text("shop"))
        click.echo(_try(stage))
        await asyncio.Event().wait()


def _try(stage: Stage) -> str:
    """What a person may type now."""
    places, here = stage.places, Path.cwd()
    folder = places.folder.relative_to(here) if places.folder.is_relative_to(here) else places.folder
    return _TRY.format(
        chatgrow=_program(here),
        phones=f"{places.simulator}/",
        hub=places.hub,
        user=USER,
        password=stage.password,
        customer=_CUSTOMER,
        cafe=CAFE,
        folder=folder,
        config=folder / places.config.relative_to(places.folder),
    )


def _program(here: Path) -> str:
    """This program as a person in this folder calls it: by its place in a checkout, else by its name."""
    program = Path(sys.argv[0]).absolute()
    return str(program.relative_to(here)) if program.is_relative_to(here) else program.name


def _remember(stage: Stage) -> None:
    """For `chatgrow phone`: where the demo is, and how its API is entered."""
    where = {
        "simulator": stage.places.simulator,
        "hub": stage.places.hub,
        "password": stage.password,
    }
    file = stage.places.folder / "places.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(where))


_TRY = """\
A connection 'shop' was made and shows this QR code. Open the phones in a browser:

  {phones}

Take the shop's phone, press "Link a device" and "Scan"; then take Dana's, and write. The hub has pages of
its own, which show the same code until it is scanned:

  {hub}/console        user {user}, password {password}

Or from a second terminal, in this folder:

  {chatgrow} phone scan                     scan the code with the shop's phone
  {chatgrow} phone write "Are you open?"    write to the shop as the customer Dana
  {chatgrow} phone write "שלום"             … in Hebrew as well
  {chatgrow} phone chat                     see what Dana wrote and was answered
  {chatgrow} say "Are you open?"            which rule answers that, and why not the others

A boutique is linked already, and hands over to people. Take Dana's phone and write "menu" to it, or "תפריט":
2 is an order form, 4 a person. Maya of its team has a phone too, where she is told and answers; /close ends
it, /help tells the rest.

A café has ready rules, as `{chatgrow} rules new` brings them. Add a number with the id `{cafe}` on /console,
link it with the Café's phone, and write to it as Dana: "a table for 4 on Friday at 20:00", "תפריט".

Change a reply in config/rules/ and start the demo again. Or send over REST:

  TOKEN=$(curl -s {hub}/api/auth/login -H 'Content-Type: application/json' \\
    -d '{{"username": "{user}", "password": "{password}"}}' | sed 's/.*"accessToken":"\\([^"]*\\).*/\\1/')
  curl -s {hub}/api/whatsapp/connections/shop/send -H "Authorization: Bearer $TOKEN" \\
    -H 'Content-Type: application/json' -d '{{"to": "{customer}", "message": "Your order is ready"}}'

and ask what became of the messageId that it answers:

  {chatgrow} why <messageId> --config {config}

Ctrl-C stops it all. Logs: {folder}/hub.log, {folder}/simulator.log
"""


@click.command("simulator")
@click.option("--folder", type=_ANY_FOLDER, default=Path(".demo/phones"), help="What it remembers.")
@click.option("--port", type=_PORT, default=8443, help="Port of the page (TLS).")
@click.option("--control-port", type=_PORT, default=8444, help="Port by which phones are driven.")
def simulator_command(folder: Path, port: int, control_port: int) -> None:
    """Stand in for WhatsApp Web and its servers until stopped."""

    def announce(simulator: Simulator) -> None:
        click.echo(f"page on port {simulator.port}, phones at {simulator.address}")

    try:
        asyncio.run(serve(folder, port=port, control_port=control_port, announce=announce))
    except OSError as error:  # a port that is taken, a folder that may not be written
        raise click.ClickException(str(error)) from error


@click.group()
def phone() -> None:
    """Be the people of a running `chatgrow demo`: the shop with its phone, and the customer Dana."""


@phone.command()
def scan() -> None:
    """Scan the QR code that the hub shows for the shop."""

    async def act(shop: Phone, dana: Customer) -> None:
        where = _places()
        async with Api(where["hub"], USER, where["password"]) as api:
            shown = await api.call("GET", "/api/whatsapp/connections/shop/qr")
        await shop.scan(shown["code"])
        click.echo("scanned")

    _play(act)


@phone.command()
@click.argument("text")
def write(text: str) -> None:
    """Write to the shop as Dana."""
    if not text.strip():
        raise click.UsageError("there is nothing to write")

    async def act(shop: Phone, dana: Customer) -> None:
        await dana.write(shop, text)
        click.echo("written; `chatgrow phone chat` shows what comes back")

    _play(act)


@phone.command()
def chat() -> None:
    """What Dana wrote, and what she was answered; she reads it by looking."""

    async def act(shop: Phone, dana: Customer) -> None:
        messages = [*await dana.sent(), *await dana.received(0)]
        await dana.read()
        for message in sorted(messages, key=lambda each: each.seq):
            who = "Dana" if message.sender == dana.number else "shop"
            said = message.text or f"[{message.type}: {message.filename or ''}] {message.caption or ''}"
            click.echo(f"{click.style(who, bold=True)}  {said}")

    _play(act)


def _play(act: Callable[[Phone, Customer], Awaitable[None]]) -> None:
    async def run() -> None:
        async with SimulatorClient(_places()["simulator"]) as simulator:
            shop = await simulator.phone(_SHOP, name="Shop")
            await act(shop, await simulator.customer(_CUSTOMER, name="Dana"))

    try:
        asyncio.run(run())
    except FileNotFoundError:
        raise click.ClickException("no demo runs in this folder; start one with: chatgrow demo") from None
    except aiohttp.ClientConnectionError:
        raise click.ClickException("this folder's demo has ended; start one with: chatgrow demo") from None
    except (SimulatorError, DemoFailed, OSError) as error:
        raise click.ClickException(str(error)) from error


def _places() -> Mapping[str, str]:
    found: Mapping[str, str] = json.loads((_FOLDER / "places.json").read_text())
    return found
