"""What other plugins may give to the rules, for `run:` in a rule file."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from chatgrow_bot.messages import Inbound, Outbound
from chatgrow_bot.plugin import spec
from chatgrow_bot.responses import Customer, Response

#: `async def (message, customer, value)`: whether something holds, within 2 s. What a rule file may write
#: for `value` is what its annotation says: `value: bool`, or a pydantic model; without one, anything.
RuleCondition = Callable[[Inbound, Customer, Any], Awaitable[bool]]
#: The same for something to do, within 10 s; what it gives back is said and done as part of the rule.
RuleAction = Callable[[Inbound, Customer, Any], Awaitable[Outbound | Sequence[Outbound] | Response | None]]


class RuleHooks:
    """Hooks of this plugin. A name is what a rule file writes: `guest`, or `guests.guest` with the name that
    the plugin has in chatgrow.yaml."""

    @spec
    def register_rule_conditions(self) -> Mapping[str, RuleCondition]:  # type: ignore[empty-body]
        """Conditions that a rule may ask: `when: {run: {guest: true}}`."""

    @spec
    def register_rule_actions(self) -> Mapping[str, RuleAction]:  # type: ignore[empty-body]
        """Actions that a rule may take: `then: {run: {ticket: {title: Broken}}}`."""
