"""AC-13: nothing in a template runs, and nothing that a customer writes is a template. Attacks that are known
from ten engines, bombs, and templates made up: given to templates, to rule files, and written by customers to
rules that repeat it all.

The control is the same corpus in a plain Jinja2.
"""

import contextlib
import gc
import json
import sys
import tempfile
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import jinja2

from chatgrow_bot.host.loader import built_in_folder, load_plugin_module
from chatgrow_bot.messages import Inbound
from chatgrow_bot.responses import Customer
from chatgrow_bot.safety.templates import Template, as_typed

from .checks import Check, Done, Figure, Size, Verdict
from .templates.corpus import BOMBS, FLOODS, attacks
from .templates.hatch import Seen, around, laid

_MADE_UP = {Size.FULL: 50_000, Size.SLICE: 1_000}
#: What templates are made up of.
_WORDS = r"""
{{ }} {{ }} {% %} { } | . ( ) [ ] ' " , * + ~ name text request secret __class__ upper default date money
first ("x") ("ILS") ("{{") 1337*1337 __globals__ popen self %s \ \n
"""
#: What a template is for: a check that refuses all of them keeps its promise too.
_HONEST = '{{ name | first }}, {{ price | money("ILS") }}, {{ day | date("d MMMM") }}'
_HONEST_SAYS = "Dana, 120.50 ₪, 5 מרץ"
_UNSEEN = "\u202e\u2068\u05d0\n\x00"
_TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x2070)])
_NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
#: A rule that does with a text whatever a rule can do with one.
_RULE = """
rules:
  - id: one
    when: {{text: {{any: hello}}}}
    then:
      - reply: {{text: {text}}}
      - set: {{note: {text}}}
      - webhook: {{url: "https://shop.example.com/hook", data: {{said: {text}}}}}
"""
#: Rules that repeat what a customer writes, is called, and what is kept of him.
_ECHO = r"""
rules:
  - id: echo
    when: {text: {pattern: '(?s)^(?P<said>.*)$'}}
    reply: "You wrote: {{ said }}|{{ text }}|{{ name }}|{{ field.city }}"
"""


async def run(size: Size) -> Verdict:
    """Every attack at every place where one could be."""
    with tempfile.TemporaryDirectory() as name, laid(Path(name)) as (canary, made):
        folder = Path(name) / "rules"
        folder.mkdir()
        known = attacks(canary, made)
        wrong = [*_honest()]  # first, for it imports the tables of languages, which is done once
        templates, files, messages = Seen(made), Seen(made), Seen(made)
        for attack in (*known, *BOMBS, *_made_up(_MADE_UP[size])):
            if template := templates.read(attack, "a template"):
                templates.attempt(attack, "a template", template, around())
        for attack in (*known, *BOMBS):
            _by_rule(folder, files, attack)
        wrong += [*_as_data(messages, known), *_by_echo(folder, messages, known)]
        control = _control(known, made)
    all_of = (templates, files, messages)
    figures: dict[str, Figure] = {
        "escapes": sum(len(seen.escaped) for seen in all_of),
        "templates": f"{templates.tried:,}, {templates.tried - templates.written:,} refused",
        "in rule files": f"{files.tried}, {files.tried - files.written} refused",
        "in messages": messages.tried,
        "read in, ms": templates.reading,
        "slowest, ms": max(templates.slowest, messages.slowest),
        "longest, bytes": max(seen.longest for seen in all_of),
    }
    done = Done(what=f"{len(known)} attacks and {len(BOMBS) + len(FLOODS)} bombs", figures=figures)
    broken = [*wrong, *(each for seen in all_of for each in seen.broken())]
    late = [*templates.late(), *messages.late()]
    return Verdict(done=(done,), broken=tuple(broken), late=tuple(late), control=control)


def _honest() -> Iterator[str]:
    said = as_typed(Template(_HONEST).render(around(), "he"))
    if said != _HONEST_SAYS:
        yield f"an honest template came to {said!r}, not {_HONEST_SAYS!r}"


def _as_data(seen: Seen, known: list[str]) -> Iterator[str]:
    """Customers write it, and it arrives as it was written. Filters read it, or say that they cannot."""
    repeat = Template("You wrote: {{ text }}|{{ name }}")
    filters = ('money("ILS")', "date", "phone", "number", "first", "title")
    for attack in (*known, *FLOODS):
        values = {"text": attack, "name": attack}
        said = seen.attempt(attack, "a message", repeat, values)
        wanted = f"You wrote: {attack}|{attack}".translate(_TURNING)
        if said is not None and said.translate(_TURNING) != wanted:
            yield f"a message did not arrive as it was written: {attack[:80]!r}"
        for each in filters:
            seen.attempt(attack, each, Template(f"{{{{ text | {each} }}}}"), values)


def _made_up(count: int) -> Iterator[str]:
    chance, words = Random(13), [*_WORDS.split(), *_UNSEEN]
    for _ in range(count):
        yield " ".join(chance.choices(words, k=chance.randint(2, 14))).replace(" ", chance.choice(["", " "]))


# Through rule files


def _part(name: str) -> Any:
    load_plugin_module(built_in_folder() / "auto_reply")
    return sys.modules[f"chatgrow_plugins.auto_reply.{name}"]


def _by_rule(folder: Path, seen: Seen, attack: str) -> None:
    """What a rule does whose texts are the attack, if its file is not refused."""
    (folder / "one.yaml").write_text(_RULE.format(text=json.dumps(attack)), "utf-8")
    book = _part("loading").load_folder(folder)
    if book.problems:
        seen.refused(attack, "a rule file", *(problem.message for problem in book.problems))
    else:
        said = _decided(book, text="hello", name="Dana", city="Haifa")
        seen.came_to(attack, "a rule file", *said)


def _by_echo(folder: Path, seen: Seen, known: list[str]) -> Iterator[str]:
    """Customers write it to rules that repeat it."""
    (folder / "one.yaml").write_text(_ECHO, "utf-8")
    book = _part("loading").load_folder(folder)
    if book.problems:
        yield f"the rules that repeat are refused: {book.problems[0]}"
    for attack in known:
        said = "".join(_decided(book, text=attack, name=attack, city=attack))
        seen.came_to(attack, "a message to rules", said)
        # what a pattern finds is the text made ready for matching, and so is not compared
        if not said.translate(_TURNING).endswith(f"|{attack}|{attack}|{attack}".translate(_TURNING)):
            yield f"a message was not repeated as it was written: {attack[:80]!r}, but {said[:80]!r}"


def _decided(book: Any, *, text: str, name: str, city: str) -> list[str]:
    """All texts that a decision comes to."""
    message = Inbound(
        id="m1",
        tenant="shop",
        connection_id="c1",
        chat="972541112233@c.us",
        wa_id="w1",
        text=text,
        name=name,
        sent_at=_NOW,
        received_at=_NOW,
    )
    facts = _part("conditions").Facts(now=_NOW, customer=Customer(chat=message.chat, fields={"city": city}))
    decision = _part("rules").decide(book, message, facts)
    return [text for _, done in decision.done for text in _texts(done)]


def _texts(done: Any) -> Iterator[str]:
    """What was filled in: a reply, the data of a call, a customer's field."""
    yield getattr(done, "text", "")
    yield from getattr(done, "data", {}).values()
    yield getattr(getattr(done, "deed", None), "value", "")


# The control


def _let_out(known: list[str], seen: Seen) -> None:
    engine = jinja2.Environment()
    for attack in (each for each in known if "popen" not in each):  # what it starts would outlive the check
        with contextlib.suppress(Exception):  # it is no template there, or it fails
            seen.look(attack, "Jinja2", engine.from_string(attack).render(around()))


def _control(known: list[str], made: Path) -> str:
    """How often the same corpus gets out of an engine without a cage."""
    seen = Seen(made)
    with warnings.catch_warnings():  # of files and processes that they open, and nobody closes
        warnings.simplefilter("ignore", ResourceWarning)
        _let_out(known, seen)
        gc.collect()
    return f"a plain Jinja2 lets {len(seen.escaped)} of {len(known)} out" if seen.escaped else ""


CHECK = Check(
    name="AC-13",
    promise="Nothing in a template runs, and no message is one; 50 ms and 64 KB at most",
    kept_in="chatgrow_bot/safety/templates.py and filters.py",
    run=run,
)
