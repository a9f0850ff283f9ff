"""A snapshot as families of metrics. Labels are from closed sets, known before anything happens: no name of a
connection or a user, and no sentence, for a label that anyone can write makes series without end."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import inf

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from chatgrow_bot.hub import BOUNDS, Counted, Timed, Times
from chatgrow_bot.messages import ConnectionState, Lane, State

from .snapshot import Snapshot

#: Counters of messages that left or were to leave, by how far they came.
_OUTGOING = (
    Counted.ACCEPTED,
    Counted.SENT,
    Counted.DELIVERED,
    Counted.READ,
    Counted.FAILED,
    Counted.EXPIRED,
    Counted.CANCELLED,
)
#: Counters of their own: name, what it says, what is counted.
_PLAIN = (
    ("chatgrow_held_messages", "Messages given to a person to decide.", Counted.HELD),
    ("chatgrow_retries", "Tries that certainly failed and were repeated.", Counted.RETRIED),
    ("chatgrow_unclear_sends", "Tries of which it was not known whether they were sent.", Counted.UNCLEAR),
    ("chatgrow_received_messages", "Messages that came in.", Counted.RECEIVED),
    ("chatgrow_typed_messages", "Messages typed on a linked phone itself.", Counted.TYPED),
)
_TIMED = (
    ("chatgrow_processing_seconds", "From being handed to the browser to WhatsApp's word.", Timed.PROCESSING),
    ("chatgrow_time_to_sent_seconds", "From being queued to WhatsApp's word.", Timed.TO_SENT),
    ("chatgrow_time_to_delivered_seconds", "From WhatsApp's word to the phone's.", Timed.TO_DELIVERED),
)
#: Where a message is before it has ended.
_UNDER_WAY = (
    State.QUEUED,
    State.CLAIMED,
    State.SENDING,
    State.RETRY,
    State.UNKNOWN,
    State.QUARANTINED,
)


class Families(Collector):
    """Tells the snapshot that it is showing; outside of that it is empty."""

    def __init__(self) -> None:
        self._shown: Snapshot | None = None

    @contextmanager
    def showing(self, snapshot: Snapshot) -> Iterator[None]:
        """Show this one for the time of the block, which must not await."""
        self._shown = snapshot
        try:
            yield
        finally:
            self._shown = None

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: asked when it is registered."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Every family."""
        if shown := self._shown:
            yield from _counted(shown)
            yield from _timed(shown)
            yield from _queue(shown)
            yield from _connections(shown)
            yield from _process(shown)


def _counted(shown: Snapshot) -> Iterator[Metric]:
    done = shown.counts.done
    states = {each.value: done.get(each, 0) for each in _OUTGOING}
    yield _by("chatgrow_messages", "Outgoing messages, by how far they came.", "state", states, counter=True)
    lanes = {each.value: shown.counts.lanes.get(each, 0) for each in Lane}
    yield _by("chatgrow_sent_messages", "Messages sent, by lane.", "lane", lanes, counter=True)
    for name, said, what in _PLAIN:
        yield CounterMetricFamily(name, said, value=done.get(what, 0))


def _timed(shown: Snapshot) -> Iterator[Metric]:
    for name, said, what in _TIMED:
        times = shown.counts.times.get(what, Times())
        yield HistogramMetricFamily(name, said, buckets=_up_to(times), sum_value=times.total)


def _up_to(times: Times) -> Sequence[tuple[str, float]]:
    """How many took up to each bound, those before it included."""
    found, sum_so_far = [], 0
    for bound in BOUNDS:
        sum_so_far += times.buckets.get(bound, 0)
        found.append(("+Inf" if bound == inf else str(float(bound)), float(sum_so_far)))
    return found


def _queue(shown: Snapshot) -> Iterator[Metric]:
    by_state, workers = shown.queue.by_state, shown.queue.workers
    states = {each.value: by_state.get(each, 0) for each in _UNDER_WAY}
    yield _by("chatgrow_queue_messages", "Messages under way or held, by state.", "state", states)
    said = "How long the longest waiting message could have left already."
    yield GaugeMetricFamily("chatgrow_queue_oldest_waiting_seconds", said, value=shown.waited)
    yield GaugeMetricFamily(
        "chatgrow_queue_halted", "Whether the whole queue stands still.", value=shown.queue.halt is not None
    )
    if workers:
        yield GaugeMetricFamily("chatgrow_workers", "Workers that send.", value=workers.alive)
        yield GaugeMetricFamily("chatgrow_workers_busy", "Messages in their hands.", value=workers.busy)
    said = "Facts of the journal that the counters do not have yet."
    yield GaugeMetricFamily("chatgrow_uncounted_facts", said, value=shown.uncounted)


def _connections(shown: Snapshot) -> Iterator[Metric]:
    reports = shown.reports
    states = {each.value: sum(r.state is each for r in reports) for each in ConnectionState}
    yield _by("chatgrow_connections", "Connections, by state.", "state", states)
    flags = (
        ("healthy", "are as they should be", [r.is_healthy for r in reports]),
        ("can_send", "can send", [r.can_send for r in reports]),
        ("can_receive", "hear what comes in", [r.can_receive for r in reports]),
        ("paused", "are paused", [each.paused for each in shown.queue.backlogs]),
    )
    for name, said, each in flags:
        yield GaugeMetricFamily(f"chatgrow_connections_{name}", f"Connections that {said}.", value=sum(each))
    memory = sum(report.memory or 0 for report in reports)
    yield GaugeMetricFamily("chatgrow_sessions_memory_bytes", "Memory of all browsers.", value=memory)


def _process(shown: Snapshot) -> Iterator[Metric]:
    checks = {name: int(passes) for name, passes in shown.checks.items()}
    yield _by("chatgrow_check_ok", "Whether a health check passes, by check.", "check", checks)
    said = "Lateness of the event loop at worst, in the last minute."
    yield GaugeMetricFamily("chatgrow_loop_lag_seconds", said, value=shown.vitals.lag)
    yield GaugeMetricFamily("chatgrow_uptime_seconds", "Time since the start.", value=shown.vitals.uptime)


def _by(name: str, said: str, label: str, values: Mapping[str, float], *, counter: bool = False) -> Metric:
    kind = CounterMetricFamily if counter else GaugeMetricFamily
    family = kind(name, said, labels=[label])
    for value, amount in values.items():
        family.add_metric([value], amount)
    return family
