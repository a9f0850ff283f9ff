"""The layers of the core, lowest first: a file imports only from layers below its own. A new file of
`chatgrow_bot/` gets its place here, in the lowest layer that stands above everything it imports.

A package counts as one file. `__init__` is chatgrow_bot's own, which every import runs.
"""

#: What a layer is, and who is in it.
Layer = tuple[str, frozenset[str]]


def _layer(meaning: str, names: str) -> Layer:
    return meaning, frozenset(names.split())


LAYERS: tuple[Layer, ...] = (
    _layer(
        "what is carried, what fails, what time it is",
        "__init__ background clock consent errors ids networks payloads private signatures states",
    ),
    _layer("the hub from another program", "client"),
    _layer("the nouns that flow", "messages"),
    _layer("who is meant, and what a way to WhatsApp must offer", "addresses engine responses"),
    _layer("what the parts are to each other", "hub"),
    _layer("parts that plugins lend", "given"),
    _layer("what a plugin author sees", "plugin"),
    _layer("what a plugin may hook into", "hookspecs"),
    _layer(
        "single things: settings, the database, the safe doors, arithmetic",
        "config limits logs qr safety store vault",
    ),
    _layer("what several parts use", "hours lineage reporting spool_files tenants"),
    _layer("the one caller of plugins", "hooks"),
    _layer("people who have a chat: what the ways in and out go by", "conversations"),
    _layer(
        "the parts, which meet by the Protocols of hub.py",
        "accounts bulk chats commands connections doctor events facts history inbox insight outbox plans "
        "policies privacy reloads server sessions spool stats upkeep webhook_keys",
    ),
    _layer("who looks at the parts", "health"),
    _layer("where plugins come from and live", "host"),
    _layer("what every part stands on", "ground"),
    _layer("who hands what to whom", "core"),
    _layer("who puts it all together", "app"),
    _layer("what would be answered, tried on a copy", "rehearsal"),
    _layer("who uses it all", "cli embedded testing"),
)

#: The ways in and out are one road: a reply is queued in the transaction that ends the message it answers.
SAME_LAYER = frozenset({("inbox", "outbox")})
