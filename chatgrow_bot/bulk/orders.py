"""A request, read row by row: each is found fit to be sent, as it will be said, or it is told what is wrong.
Pure functions that take a while with ten thousand rows, for a thread."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..addresses import LINKED_ID, chat_of
from ..errors import BadInput, InvalidPhoneNumber
from ..hub import MOST_ROWS, BulkOrder, BulkRow, Content, Rejection, SendingHours
from ..messages import Outbound
from ..safety.templates import Template

#: How far ahead one may be planned, and how long it may take.
FARTHEST = timedelta(days=366)
#: Bytes that all rows may say together: a template makes much of little.
_MOST_BYTES = 32 << 20
#: Characters kept of what stood where a number should.
_SHOWN = 64
#: What stands for a file that is still to come.
_A_FILE = "file"
_NOTHING = Content()


@dataclass(slots=True, kw_only=True)
class Entry:
    """A row of a request, while it is read."""

    row: BulkRow
    content: Content
    chat: str = ""
    reason: str = ""  #: why it is not taken in

    @property
    def to(self) -> str:
        """Whom it is for, as it was written."""
        return self.row.to[:_SHOWN]


def read(order: BulkOrder, now: datetime, fits: Callable[[Outbound], None]) -> Sequence[Entry]:
    """Its rows: addressed and with their words, or with what is wrong. `fits` raises BadInput for what cannot
    be sent. Raises BadInput for what is wrong with the whole."""
    _check(order, now)
    template = _template(order.template)
    entries, size = [], 0
    for row in order.rows:
        entry = Entry(row=row, content=row.content or _NOTHING, reason=row.fault)
        entries.append(entry)
        if entry.reason:
            continue
        try:
            entry.chat = chat_of(row.to)
            if row.content is None:
                entry.content = _filled(row, order.template, template)
            _fit(entry, order.template if row.content is None else row.content, fits)
        except BadInput as error:
            entry.reason = error.detail
            if isinstance(error, InvalidPhoneNumber):
                entry.chat = ""
        size += len(entry.content.text.encode(errors="replace"))
        if size > _MOST_BYTES:
            raise BadInput(f"All rows together say more than {_MOST_BYTES >> 20} MiB; ask for fewer at once")
    return entries


def compare(
    entries: Sequence[Entry], known: Mapping[str, str], opted_out: Set[str], duplicates: bool
) -> None:
    """Refuse those who want nothing, and who is there twice; `known` are the chats of linked ids."""
    first: dict[str, int] = {}
    for entry in entries:
        entry.chat = known.get(entry.chat, entry.chat)
        if entry.reason:
            continue
        if entry.chat in opted_out:
            entry.reason = "This person has opted out"
        elif not duplicates:
            before = first.setdefault(entry.chat, entry.row.number)
            if before != entry.row.number:
                entry.reason = f"The same person as in row {before}"


def rejections(entries: Iterable[Entry], most: int) -> Sequence[Rejection]:
    """The first that are not taken in."""
    found = []
    for entry in entries:
        if entry.reason:
            found.append(Rejection(number=entry.row.number, to=entry.to, reason=entry.reason))
            if len(found) == most:
                break
    return found


def linked_ids(entries: Iterable[Entry]) -> Sequence[str]:
    """The linked ids among those whom it is for."""
    return sorted({entry.chat for entry in entries if entry.chat.endswith(LINKED_ID)})


def _check(order: BulkOrder, now: datetime) -> None:
    if not 0 < len(order.rows) <= MOST_ROWS:
        raise BadInput(f"A bulk send has 1 to {MOST_ROWS:,} rows; this one has {len(order.rows):,}")
    if len({row.number for row in order.rows}) < len(order.rows):
        raise BadInput("Two rows have the same number")
    if order.send_at and (order.send_at.tzinfo is None or order.send_at - now > FARTHEST):
        raise BadInput("sendAt is a time with its zone, a year ahead at most")
    if order.ttl is not None and not 0 < order.ttl <= FARTHEST.total_seconds():
        raise BadInput("'ttl' is more than 0 seconds, and a year at most")
    if order.template and order.template.file:
        raise BadInput("The content of all has its file in the spool (media); a row of its own may name one")
    if order.hours:
        _check_hours(order.hours)


def _check_hours(hours: SendingHours) -> None:
    if hours.start == hours.end:
        raise BadInput("Sending hours begin and end at different times")
    if not hours.days or not hours.days <= {*range(7)}:
        raise BadInput("Sending hours are on at least one day of the week")
    try:
        ZoneInfo(hours.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadInput(f"There is no time zone '{hours.zone}'; write one such as Asia/Jerusalem") from error


def _template(content: Content | None) -> Template | None:
    if content is None or content.payload is not None:
        return None
    try:
        return Template(content.text)
    except BadInput as error:
        raise BadInput(f"content: {error.detail}") from error


def _filled(row: BulkRow, common: Content | None, template: Template | None) -> Content:
    if common is None:
        raise BadInput("It has no content of its own, and the request has none for all")
    return Content(text=template.render(row.fields)) if template else _NOTHING


def _fit(entry: Entry, carried: Content | None, fits: Callable[[Outbound], None]) -> None:
    text, carried = entry.content.text, carried or _NOTHING
    said = Outbound(
        to=entry.chat,
        text=text if carried.file is None else text or _A_FILE,
        media=carried.media,
        payload=carried.payload,
    )
    fits(said)
    if not text.strip() and not (carried.media or carried.file or carried.payload):
        raise BadInput("The text is empty")
