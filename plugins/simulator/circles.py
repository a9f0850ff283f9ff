"""Groups coming to be and changing, and customers whose number is hidden at first: who is told of it."""

from __future__ import annotations

from .exchange import Exchange
from .nouns import Group, Privacy


class Circles:
    """Who can be met where, and under which number."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def make(self, name: str, members: list[str], admins: list[str]) -> Group:
        """The group of that name with these people in it, made when there is none."""
        for number in [*members, *admins]:
            self._exchange.person(number)
        state = self._exchange.state
        with state.together():
            id_ = state.put_group(name)
            state.put_members(id_, admins, admin=True)
            state.put_members(id_, [each for each in members if each not in admins], admin=False)
            group = self._exchange.group(id_)
            self._tell(group, group.members)
        self._exchange.changes.ring()
        return group

    def add(self, by: str, id_: str, number: str) -> Group:
        """Takes somebody in."""
        self._exchange.person(number)
        with self._exchange.state.together():
            self._exchange.state.put_members(id_, [number], admin=False)
            group = self._exchange.group(id_)
            self._tell(group, group.members, by=by, action="add", number=number)
        self._exchange.changes.ring()
        return group

    def remove(self, by: str, id_: str, number: str) -> Group:
        """Sends somebody out; who removes himself leaves."""
        before = self._exchange.group(id_).members
        with self._exchange.state.together():
            self._exchange.state.remove_member(id_, number)
            group = self._exchange.group(id_)
            self._tell(group, before, by=by, action="remove", number=number)
        self._exchange.changes.ring()
        return group

    def meet(self, number: str, privacy: Privacy) -> None:
        """Hides a person's number, or reveals it to everybody who shares a chat with him."""
        state = self._exchange.state
        with state.together():
            state.set_privacy(number, privacy)
            card = self._exchange.person(number).card()
            for person in state.acquaintances(number):
                self._exchange.tell(person.number, "people", {"people": [card]})
        self._exchange.changes.ring()

    def _tell(
        self, group: Group, owners: tuple[str, ...], *, by: str = "", action: str = "", number: str = ""
    ) -> None:
        body = self._exchange.stanzas.group(group)
        if action:
            author, person = self._exchange.person(by), self._exchange.person(number)
            change = {"author": author.lid, "name": author.name, "action": action, "participant": person.lid}
            body["change"] = change
        for owner in owners:
            self._exchange.tell(owner, "group", body)
