"""What messages say, in the words in which WhatsApp Web's models say it, and back.

The page's models carry these names because wa-js sets and reads them; nothing else here knows them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .contents import ContactCard, Content
from .nouns import SimulatorError

Words = dict[str, Any]

#: named alike on both sides
_ALIKE = ("type", "body", "caption", "filename", "mimetype", "size", "filehash", "duration")


def to_page(content: Content) -> Words:
    """The model's attributes; who is quoted or mentioned is for the stanza to name."""
    words: Words = {name: getattr(content, name) for name in _ALIKE}
    match content.type:
        case "location":
            words |= {"lat": content.latitude, "lng": content.longitude}
            words["loc"] = "\n".join(filter(None, (content.place, content.address)))
        case "vcard":
            (contact,) = content.contacts
            words |= {"body": _vcard(contact), "vcardFormattedName": contact.name}
        case "multi_vcard":
            words["vcardList"] = [
                {"displayName": each.name, "vcard": _vcard(each)} for each in content.contacts
            ]
        case "poll_creation":
            words["pollName"] = content.question
            words["pollOptions"] = [{"name": each, "localId": at} for at, each in enumerate(content.options)]
            words["pollSelectableOptionsCount"] = content.choices
    if content.forwarded:
        words |= {"isForwarded": True, "forwardingScore": 1}
    return {name: value for name, value in words.items() if value is not None}


def from_page(words: Words, number_behind: Callable[[str], str]) -> Content:
    """What a page sends; `number_behind` knows the number of a mentioned person's address."""
    known: Words = {name: words.get(name) for name in _ALIKE}
    match words["type"]:
        case "location":
            place, _, address = words.get("loc", "").partition("\n")
            known |= {"latitude": words["lat"], "longitude": words["lng"]}
            known |= {"place": place or None, "address": address or None}
        case "vcard":
            known |= {"body": None, "contacts": (_contact(words["body"]),)}
        case "multi_vcard":
            known["contacts"] = tuple(_contact(each["vcard"]) for each in words["vcardList"])
        case "poll_creation":
            known["question"] = words["pollName"]
            known["options"] = tuple(each["name"] for each in words["pollOptions"])
            known["choices"] = words.get("pollSelectableOptionsCount", 0)
    return Content(
        **known,
        quoted=words.get("quotedStanzaID"),
        mentions=tuple(number_behind(each) for each in words.get("mentionedJidList", ())),
        forwarded=words.get("isForwarded", False),
    )


def _vcard(contact: ContactCard) -> str:
    name, number = contact.name, contact.number
    lines = ("BEGIN:VCARD", "VERSION:3.0", f"N:;{name};;;", f"FN:{name}")
    return "\n".join((*lines, f"TEL;type=CELL;type=VOICE;waid={number}:+{number}", "END:VCARD"))


def _contact(vcard: str) -> ContactCard:
    name = re.search(r"^FN:(.*)$", vcard, re.MULTILINE)
    number = re.search(r"^TEL[^:\n]*:\+?([\d \-]+)$", vcard, re.MULTILINE)
    if not name or not number:
        raise SimulatorError("a contact without a name or a number")
    return ContactCard(name=name[1].strip(), number=re.sub(r"\D", "", number[1]))
