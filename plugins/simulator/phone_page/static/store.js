// What the page knows: whose phone is held, what that phone shows, and what the person is about to do.

const listeners = new Set();

export const store = {
  me: null, // the number whose phone is held
  chat: null, // the open chat: a number, or a group's id
  people: [],
  groups: [],
  devices: [],
  typing: {},
  unread: [], // the seqs of what has come and was not read
  messages: new Map(), // by seq
  replying: null, // the message that is answered
  editing: null, // the own message that is changed
};

export const listen = (listener) => listeners.add(listener);

/** Changes some of it, and tells everyone who draws. */
export function update(changes) {
  Object.assign(store, changes);
  for (const listener of listeners) listener();
}

/** Takes in parts of a phone's screen as they come. */
export function take(parts) {
  const changes = {};
  for (const [name, part] of Object.entries(parts)) {
    if (name.startsWith("message:")) store.messages.set(part.seq, part);
    else changes[name] = part;
  }
  update(changes);
}

export const person = (number) => store.people.find((each) => each.number === number);
export const group = (id) => store.groups.find((each) => each.id === id);
export const nameOf = (id) => person(id)?.name ?? group(id)?.name ?? `+${id}`;

/** The chat a message belongs to, seen from the phone that is held. */
export const chatOf = (message) =>
  message.group ?? (message.sender === store.me ? message.recipient : message.sender);

export const isMine = (message) => message.sender === store.me;

/** Whether a message is there and not seen yet; its own ack tells of the slowest reader of a group. */
export const isUnread = (message) => store.unread.includes(message.seq);

/** The messages of a chat, oldest first. */
export const messagesOf = (chat) =>
  [...store.messages.values()].filter((each) => chatOf(each) === chat).sort((a, b) => a.seq - b.seq);

export const messageById = (id) => [...store.messages.values()].find((each) => each.id === id);

/** The chats of the phone, the newest first: the partner, the last message, how many are unread. */
export function chats() {
  const found = new Map();
  for (const message of [...store.messages.values()].sort((a, b) => a.seq - b.seq)) {
    const id = chatOf(message);
    const unread = (found.get(id)?.unread ?? 0) + (isUnread(message) ? 1 : 0);
    found.set(id, { id, last: message, unread });
  }
  for (const each of store.groups) if (!found.has(each.id)) found.set(each.id, { id: each.id, unread: 0 });
  return [...found.values()].sort((a, b) => (b.last?.seq ?? 0) - (a.last?.seq ?? 0));
}

/** What somebody is doing in a chat just now: composing, recording, or nothing. */
export function activity(author) {
  const state = store.typing[author]?.state;
  return state === "composing" || state === "recording" ? state : null;
}
