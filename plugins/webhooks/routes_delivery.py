"""What is done with an endpoint that is there: tried, resumed, sent what it missed; and what was sent."""

from collections.abc import Callable, Iterable

from aiohttp import web

from chatgrow_bot.errors import BadInput
from chatgrow_bot.hub import Scope, position_of
from chatgrow_bot.plugin import IDENTITY, Access, Bot, Doc, Route
from chatgrow_bot.server.bodies import read_body, read_query

from .dispatch import Dispatch
from .endpoints import Endpoint
from .models import (
    DeadLetter,
    DeadLetterList,
    DeadLettersAsked,
    DeliveriesAsked,
    DeliveryList,
    DeliveryShown,
    EndpointShown,
    EndpointTested,
    ReplayAsked,
)
from .replies import reply, shown
from .routes import ONE, TAG

_TESTED = Doc(tag=TAG, answer=EndpointTested, also=(409,))
_REPLAY = Doc(tag=TAG, body=ReplayAsked, answer=EndpointShown, status=202, also=(409,))
_BEGUN = Doc(tag=TAG, answer=EndpointShown, status=202, also=(409,))
_ENDED = Doc(tag=TAG, status=204)
_SKIPPED = Doc(tag=TAG, answer=EndpointShown, also=(409,))
_RESUMED = Doc(tag=TAG, answer=EndpointShown)
_SENT = Doc(tag=TAG, query=DeliveriesAsked, answer=DeliveryList)
_DEAD = Doc(tag=TAG, query=DeadLettersAsked, answer=DeadLetterList)


class DeliveryRoutes:
    """Under /api/whatsapp/webhooks/{endpoint_id}."""

    def __init__(self, dispatch: Callable[[], Dispatch], bot: Bot) -> None:
        self._dispatch = dispatch
        self._bot = bot

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom."""
        manage, read = (Access.OPERATOR, Scope.MANAGE), (Access.VIEWER, Scope.READ)
        served = (
            ("POST", f"{ONE}/test", self.test, *manage, _TESTED),
            ("POST", f"{ONE}/resume", self.resume, *manage, _RESUMED),
            ("POST", f"{ONE}/skip", self.skip, *manage, _SKIPPED),
            ("POST", f"{ONE}/replay", self.replay, *manage, _REPLAY),
            ("DELETE", f"{ONE}/replay", self.end_replay, *manage, _ENDED),
            ("GET", f"{ONE}/deliveries", self.deliveries, *read, _SENT),
            ("GET", f"{ONE}/dead-letters", self.dead_letters, *read, _DEAD),
            ("POST", f"{ONE}/dead-letters/retry", self.retry, *manage, _BEGUN),
        )
        for method, path, handler, access, scope, doc in served:
            yield Route(method=method, path=path, handler=handler, access=access, scope=scope, doc=doc)

    async def test(self, request: web.Request) -> web.Response:
        """Send a webhook endpoint an event `webhook.test`, now, and tell what it answers."""
        dispatch, endpoint = self._one(request)
        outcome = await dispatch.try_out(endpoint)
        return reply(
            EndpointTested(
                outcome=outcome.verdict.value,
                status=outcome.status,
                duration_ms=outcome.duration_ms,
                answer=outcome.answer,
                reason=outcome.reason,
            )
        )

    async def resume(self, request: web.Request) -> web.Response:
        """Enable a webhook endpoint again, and try at once what it is at."""
        dispatch, endpoint = self._one(request)
        await dispatch.resume(endpoint)
        return reply(shown(dispatch, endpoint))

    async def skip(self, request: web.Request) -> web.Response:
        """Make a dead letter of the event that a webhook endpoint is tried with again, and go on."""
        dispatch, endpoint = self._one(request)
        await dispatch.skip(endpoint)
        return reply(shown(dispatch, endpoint))

    async def replay(self, request: web.Request) -> web.Response:
        """Send a webhook endpoint once more what happened since a time, or behind an event.

        The events have the ids that they had. What happens meanwhile is sent beside it.
        """
        body, events = await read_body(request, ReplayAsked), self._bot.hub.events
        dispatch, endpoint = self._one(request)
        after = position_of(body.after or "") if body.since is None else await events.before(body.since)
        if after is None:
            raise BadInput("/after: This is no event's id")
        until = await events.before(body.until) if body.until else None
        await dispatch.replay(endpoint, after, until)
        return reply(shown(dispatch, endpoint), status=202)

    async def end_replay(self, request: web.Request) -> web.Response:
        """End the replay to a webhook endpoint, if one is under way; what happens goes on being sent."""
        dispatch, endpoint = self._one(request)
        await dispatch.end_replay(endpoint)
        return web.Response(status=204)

    async def deliveries(self, request: web.Request) -> web.Response:
        """What was sent to a webhook endpoint lately and what it answered, newest first.

        The newest 200 tries are kept, for 7 days.
        """
        asked = read_query(request, DeliveriesAsked)
        dispatch, endpoint = self._one(request)
        rows = await dispatch.ledger.sent(endpoint, request[IDENTITY], asked.before, asked.limit)
        found = [DeliveryShown.model_validate({**row.line, "at": row.at}) for row in rows]
        following = rows[-1].id if len(rows) == asked.limit else None
        return reply(DeliveryList(deliveries=found, next=following))

    async def dead_letters(self, request: web.Request) -> web.Response:
        """What a webhook endpoint refused, oldest first. It is kept for 30 days, or until it is taken."""
        asked = read_query(request, DeadLettersAsked)
        dispatch, endpoint = self._one(request)
        letters = await dispatch.ledger.dead(endpoint, request[IDENTITY], asked.after, asked.limit)
        found = [
            DeadLetter(event_id=e.event_id, type=e.type, at=e.at, status=e.status, reason=e.reason)
            for e in letters
        ]
        following = letters[-1].position if len(letters) == asked.limit else None
        return reply(DeadLetterList(dead_letters=found, next=following))

    async def retry(self, request: web.Request) -> web.Response:
        """Send a webhook endpoint its dead letters once more, in order."""
        dispatch, endpoint = self._one(request)
        await dispatch.retry_letters(endpoint)
        return reply(shown(dispatch, endpoint), status=202)

    def _one(self, request: web.Request) -> tuple[Dispatch, Endpoint]:
        dispatch = self._dispatch()
        return dispatch, dispatch.endpoints.one(request[IDENTITY], request.match_info["endpoint_id"])
