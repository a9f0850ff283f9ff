"""The core's parts as others see them, and what they say to each other. A plugin reaches them as `bot.hub`,
and only with `admin: true` in chatgrow.yaml."""

from .nouns import Answer as Answer
from .nouns import Command as Command
from .nouns import ConnectionView as ConnectionView
from .nouns import Halt as Halt
from .nouns import Halting as Halting
from .nouns import Identity as Identity
from .nouns import PairingCode as PairingCode
from .nouns import Picture as Picture
from .nouns import QrCode as QrCode
from .nouns import QueueStatus as QueueStatus
from .nouns import Role as Role
from .nouns import Scope as Scope
from .nouns import Tokens as Tokens
from .parts import Accounts as Accounts
from .parts import Chats as Chats
from .parts import Commands as Commands
from .parts import Connections as Connections
from .parts import Health as Health
from .parts import Hub as Hub
from .parts import Inbox as Inbox
from .parts import Outbox as Outbox
from .parts import Queue as Queue
from .parts import Spool as Spool
