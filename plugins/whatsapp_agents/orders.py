"""The commands of agents. Each may be run twice, in case the hub is stopped between doing it and noting that:
the second time it says the same and does nothing."""

from chatgrow_bot.errors import ChatgrowError, Conflict, StoreUnavailable
from chatgrow_bot.hub import Conversation
from chatgrow_bot.messages import ConversationEvent, ConversationState
from chatgrow_bot.plugin import Bot

from .commands import Command, Verb
from .memory import Place
from .relaying import name_of
from .replies import Asked, Replies
from .serving import Serving
from .texts import Texts


class Orders:
    """Carries commands out. Each gives where the agent then stands, and words that are left to pass on."""

    def __init__(self, bot: Bot, replies: Replies, serving: Serving, texts: Texts) -> None:
        self._bot, self._replies, self._serving, self._texts = bot, replies, serving, texts

    async def run(self, asked: Asked, command: Command, place: Place) -> tuple[Place, str]:
        """Do what a command says."""
        try:
            match command.verb:
                case Verb.HELP:
                    await self._replies.tell(asked, self._texts.help)
                case Verb.UNKNOWN:
                    await self._replies.tell(asked, self._unknown(command))
                case Verb.LIST:
                    await self._replies.tell(asked, await self._list(asked, place))
                case _:
                    return await self._about_one(asked, command, place)
        except StoreUnavailable:
            raise
        except ChatgrowError as error:
            await self._replies.tell(asked, self._texts.not_sent.format(reason=error))
        return place, ""

    async def _about_one(self, asked: Asked, command: Command, place: Place) -> tuple[Place, str]:
        conversation = await self._meant(asked, command, place)
        if conversation is None:
            return place, ""
        match command.verb:
            case Verb.SWITCH:
                return await self._switch(asked, command, place, conversation)
            case Verb.TAKE:
                return await self._take(asked, place, conversation), ""
            case Verb.NOTE:
                await self._note(asked, command, conversation)
                return place, ""
        if command.verb is Verb.TRANSFER:
            is_away = await self._transfer(asked, command, conversation)
        else:
            is_away = await self._give_up(asked, command.verb, conversation)
        return (place.at("") if is_away and place.current == conversation.id else place), ""

    async def _meant(self, asked: Asked, command: Command, place: Place) -> Conversation | None:
        """The conversation that a command names or quotes, else the current one; else he is asked."""
        number = command.number
        if number is None and asked.quoted:
            number = asked.quoted[0]
        if number is not None:
            if conversation := await self._replies.found(asked, number):
                return conversation
            await self._replies.tell(asked, self._texts.no_number.format(number=number))
        elif place.current and command.verb is not Verb.TAKE:
            return await self._bot.hub.conversations.get(asked.tenant, place.current)
        else:
            word = asked.message.text.split()[0]
            await self._replies.tell(asked, self._texts.choose.format(example=f"{word} 12"))
        return None

    async def _switch(
        self, asked: Asked, command: Command, place: Place, conversation: Conversation
    ) -> tuple[Place, str]:
        if not _has(asked, conversation):
            await self._replies.tell(asked, self._replies.standing(conversation))
            return place, ""
        if not command.rest:
            await self._say_where(asked, conversation)
        return place.at(conversation.id), command.rest

    async def _take(self, asked: Asked, place: Place, conversation: Conversation) -> Place:
        if _has(asked, conversation):
            await self._say_where(asked, conversation)
            return place.at(conversation.id)
        agent, parts = asked.agent.id, self._bot.hub.conversations
        try:
            taken = await self._reopened(asked, conversation)
            taken = await parts.take(asked.tenant, taken.id, agent, by=agent)
        except Conflict as error:
            now = await self._now(conversation)
            is_free = now.state is ConversationState.WAITING
            told = self._texts.not_sent.format(reason=error) if is_free else self._replies.standing(now)
            await self._replies.tell(asked, told)
            return place
        if taken.id != conversation.id:
            told = self._texts.reopened.format(old=conversation.number, number=taken.number)
            await self._replies.tell(asked, told, taken.number)
        # The summary says where his words go, so it is asked for once that is so.
        await self._serving.show(taken, is_current=True)
        return place.at(taken.id)

    async def _reopened(self, asked: Asked, conversation: Conversation) -> Conversation:
        """A conversation that can be taken: if this one is closed, the one that is open in its chat now, or a
        new one."""
        if conversation.state is not ConversationState.CLOSED:
            return conversation
        now = await self._now(conversation)
        if now.state is not ConversationState.CLOSED:
            return now
        return await self._bot.hub.conversations.hand_off(
            asked.tenant, now.connection_id, now.chat, now.team, by=asked.agent.id, note=now.note
        )

    async def _now(self, conversation: Conversation) -> Conversation:
        """The conversation that is open in the same chat, else itself as it is now."""
        parts, tenant = self._bot.hub.conversations, conversation.tenant
        is_open = await parts.open_in(tenant, conversation.connection_id, conversation.chat)
        return is_open or await parts.get(tenant, conversation.id)

    async def _give_up(self, asked: Asked, verb: Verb, conversation: Conversation) -> bool:
        """Close or release one's own; whether that is done."""
        is_close = verb is Verb.CLOSE
        event = ConversationEvent.CLOSED if is_close else ConversationEvent.RELEASED
        if _has(asked, conversation):
            act = self._bot.hub.conversations.close if is_close else self._bot.hub.conversations.release
            await act(asked.tenant, conversation.id, by=asked.agent.id)
        elif not await self._did(asked, conversation, event):
            await self._replies.tell(asked, self._replies.standing(conversation))
            return False
        text = self._texts.done_close if is_close else self._texts.done_release
        text = text.format(number=conversation.number, team=conversation.team)
        await self._replies.tell(asked, text, conversation.number)
        return True

    async def _transfer(self, asked: Asked, command: Command, conversation: Conversation) -> bool:
        """Give one's own to a team or a colleague; whether that is done."""
        to = command.rest.strip().lstrip("@").casefold()
        teams = await self._bot.hub.conversations.standing(asked.tenant)
        agents = {each.id: each.name for team in teams for each in team.agents}
        team = next((each.id for each in teams if to in (each.id, each.title.casefold())), "")
        agent = next((key for key, name in agents.items() if to in (key, name.casefold())), "")
        if not to or not (team or agent):
            names = {"teams": ", ".join(each.id for each in teams), "agents": ", ".join(agents)}
            await self._replies.tell(asked, self._texts.transfer_whom.format(**names))
            return False
        if _has(asked, conversation):
            whom = {"team": team} if team else {"agent": agent}
            await self._bot.hub.conversations.transfer(
                asked.tenant, conversation.id, by=asked.agent.id, **whom
            )
        elif not await self._did(asked, conversation, ConversationEvent.TRANSFERRED):
            await self._replies.tell(asked, self._replies.standing(conversation))
            return False
        text = self._texts.done_transfer.format(number=conversation.number, to=team or agents[agent])
        await self._replies.tell(asked, text, conversation.number)
        return agent != asked.agent.id

    async def _note(self, asked: Asked, command: Command, conversation: Conversation) -> None:
        if not command.rest:
            return await self._replies.tell(asked, self._texts.note_what)
        if not await self._did(asked, conversation, ConversationEvent.NOTED, command.rest):
            await self._bot.hub.conversations.note(
                asked.tenant, conversation.id, command.rest, by=asked.agent.id
            )
        text = self._texts.done_note.format(number=conversation.number)
        return await self._replies.tell(asked, text, conversation.number)

    async def _did(
        self, asked: Asked, conversation: Conversation, event: ConversationEvent, note: str = ""
    ) -> bool:
        """Whether he has done this since he wrote: then this message did it, before the hub was stopped."""
        story = await self._bot.hub.conversations.story(asked.tenant, conversation.id)
        return any(
            (each.event, each.by) == (event, asked.agent.id)
            and each.at >= asked.message.received_at
            and note in ("", each.note)
            for each in story
        )

    async def _list(self, asked: Asked, place: Place) -> str:
        held, waiting = await self._replies.held_by(asked), list[Conversation]()
        for team in await self._replies.teams(asked):
            states = (ConversationState.WAITING,)
            waiting += await self._bot.hub.conversations.list(asked.tenant, states=states, team=team.id)
        lines = [self._texts.list_yours] if held else []
        for each in held:
            here = f" {self._texts.here}" if each.id == place.current else ""
            lines.append(f"#{each.number} {name_of(each)} ({each.team}){here}")
        lines += [self._texts.list_waiting] if waiting else []
        now = self._bot.hub.clock.now()
        for each in sorted(waiting, key=lambda each: each.number):
            minutes = self._texts.minutes.format(minutes=int((now - each.opened_at).total_seconds() // 60))
            lines.append(f"#{each.number} {name_of(each)} ({each.team}, {minutes})")
        return "\n".join(lines) or self._texts.list_none

    async def _say_where(self, asked: Asked, conversation: Conversation) -> None:
        text = self._texts.now_on.format(number=conversation.number, name=name_of(conversation))
        await self._replies.tell(asked, text, conversation.number)

    def _unknown(self, command: Command) -> str:
        hint = self._texts.did_you_mean.format(word=command.meant) if command.meant else ""
        return self._texts.unknown_command.format(word=command.rest, hint=hint)


def _has(asked: Asked, conversation: Conversation) -> bool:
    return conversation.state is ConversationState.AGENT and conversation.agent == asked.agent.id
