"""To whom of a team a conversation is given: pure functions over who has how many."""

from collections.abc import Mapping, Sequence

from ..config.teams import Giving


def choose(
    give: Giving,
    members: Sequence[str],
    loads: Mapping[str, int],
    most: int,
    *,
    last: str = "",
    known: str = "",
    without: str = "",
) -> str:
    """Who gets it; empty when nobody is free, or they take them by hand.

    `loads` is how many each has now, `last` who got the team's last one, `known` who had this customer
    before, and `without` who is not to get it.
    """
    if give is Giving.BY_HAND:
        return ""
    free = [each for each in _in_turn(members, last) if loads.get(each, 0) < most and each != without]
    if give is Giving.STICKY and known in free:
        return known
    if give is Giving.LEAST_BUSY:  # of those who have as few, whose turn it is
        return min(free, key=lambda each: loads.get(each, 0), default="")
    return free[0] if free else ""


def _in_turn(members: Sequence[str], last: str) -> Sequence[str]:
    if last not in members:
        return members
    behind = members.index(last) + 1
    return [*members[behind:], *members[:behind]]
