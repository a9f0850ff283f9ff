"""What became of each row of a bulk send: pages of JSON, or one file for a spreadsheet."""

from collections.abc import Iterable

from aiohttp import web

from chatgrow_bot.errors import BadInput
from chatgrow_bot.hub import Hub, RowResult, RowState, Scope
from chatgrow_bot.messages import State
from chatgrow_bot.plugin import Access, Doc, Route
from chatgrow_bot.server.bodies import read_query

from .bulk import PATH, find
from .bulk_csv import line
from .models.bulk import ResultList, ResultsAsked, ResultShown
from .negotiation import best
from .replies import reply

_JSON, _CSV = "application/json", "text/csv"
_PAGE = 1000
_COLUMNS = ("row", "to", "chat", "status", "reason", "messageId", "updatedAt")
_RESULTS = Doc(
    tag="Bulk",
    query=ResultsAsked,
    headers=("Accept",),
    answer=ResultList,
    types=(_CSV,),
    also=(406,),
    sends=("Content-Disposition", "Vary"),
)


class BulkResultRoutes:
    """/results of a bulk send."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom."""
        yield Route(
            method="GET",
            path=f"{PATH}/{{batch_id}}/results",
            handler=self.results,
            access=Access.VIEWER,
            scope=Scope.READ,
            doc=_RESULTS,
        )

    async def results(self, request: web.Request) -> web.StreamResponse:
        """What became of each row: a page, or with `Accept: text/csv` or `?format=csv` all of them as a file.

        A cell that a spreadsheet would take for a formula, such as a number that begins with +, has an
        apostrophe before it.
        """
        asked, batch = read_query(request, ResultsAsked), await find(self._hub, request)
        states = _states(asked.status)
        chosen = best(request.headers.getall("Accept", []), (_JSON, _CSV)) if not asked.format else ""
        if _CSV in (chosen, f"text/{asked.format}"):
            return await self._file(request, batch.tenant, batch.batch_id, states)
        found = await self._hub.bulk.results(
            batch.tenant, batch.batch_id, asked.limit + 1, asked.after, states
        )
        page = found[: asked.limit]
        more = page[-1].number if len(found) > len(page) else None
        answer = reply(ResultList(results=[_shown(each) for each in page], next=more))
        answer.headers["Vary"] = "Accept"
        return answer

    async def _file(
        self, request: web.Request, tenant: str, batch_id: str, states: frozenset[str] | None
    ) -> web.StreamResponse:
        """A page at a time, so that nobody waits for ten thousand rows."""
        name = f'attachment; filename="bulk-{batch_id}.csv"'
        headers = {"Content-Disposition": name, "Content-Type": f"{_CSV}; charset=utf-8", "Vary": "Accept"}
        page = await self._hub.bulk.results(tenant, batch_id, _PAGE, 0, states)
        answer = web.StreamResponse(headers=headers)
        await answer.prepare(request)
        await answer.write(line(_COLUMNS))
        while page:
            await answer.write(b"".join(line(_cells(row)) for row in page))
            if len(page) < _PAGE:
                break
            page = await self._hub.bulk.results(tenant, batch_id, _PAGE, page[-1].number, states)
        await answer.write_eof()
        return answer


def _states(asked: str) -> frozenset[str] | None:
    if not asked:
        return None
    known = {*map(str, RowState), *map(str, State)}
    states = frozenset(each.strip() for each in asked.split(","))
    if unknown := sorted(states - known):
        raise BadInput(f"/status: There is no status '{unknown[0]}'; there are {', '.join(sorted(known))}")
    return states


def _shown(row: RowResult) -> ResultShown:
    return ResultShown(
        row=row.number,
        to=row.to,
        chat=row.chat,
        status=row.state,
        reason=row.reason,
        message_id=row.message_id,
        updated_at=row.updated_at,
    )


def _cells(row: RowResult) -> tuple[str, ...]:
    at = f"{row.updated_at:%FT%TZ}" if row.updated_at else ""
    return (str(row.number), row.to, row.chat, row.state, row.reason, row.message_id, at)
