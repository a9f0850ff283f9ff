"""The topics that routes are listed under, in the order in which a newcomer meets them."""

from collections.abc import Mapping

#: A sentence for each tag that a route's `doc` names.
TAGS: Mapping[str, str] = {
    "Login": "A token for a name and a password, prolonged and given back.",
    "Connections": "WhatsApp accounts: made, listed, changed, paused, started again, removed.",
    "Linking": "The QR code or the pairing code by which a phone links a connection. Both are secrets.",
    "Messages": "Sent through a durable queue, followed, taken back, remarked on; and what came in.",
    "Bulk": "One request for thousands of people, sent little by little, followed and stopped.",
    "Files": "Uploaded before they are sent, and downloaded from messages.",
    "Chats": "What is done in a chat at once, past the queue: read marks, typing, presence, groups.",
    "Conversations": "Chats that were handed to a team of people: taken, spoken in, passed on, closed.",
    "Contacts": "Whom a connection has written with; all that is kept of a person, and how it is erased.",
    "Queue": "The queue of all connections together: how it stands, and the emergency stop.",
    "Events": "What happens, told while it happens, and from where one left off.",
    "Inbound webhook": "Messages from outside that enter the way in as if a customer had written them.",
    "Webhooks": "Endpoints of other systems that are told what happens, signed and in order.",
    "Users": "Who may use this hub, with which role and plan.",
    "API keys": "Keys for programs, each good for some things and, if wanted, for some connections only.",
    "Usage": "What a plan allows, and how much of it is used.",
    "Statistics": "How much was sent and received, how fast, and what failed; who answered, day by day.",
    "Metrics": "The same figures for a monitoring system.",
    "Commands": "The admin commands of all plugins, the same in every front.",
    "Health": "Whether the hub is well, for load balancers and people.",
    "Logs": "Whether the logs are written.",
    "About": "This document.",
}
