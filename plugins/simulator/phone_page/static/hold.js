// Taking a person's phone in hand, opening a chat on it, and reading what is looked at.
import { call, follow } from "./api.js";
import { isUnread, messagesOf, store, take, update } from "./store.js";
import { complain, tellLost } from "./toast.js";

let stop = () => {};
let reading = false;

/** Holds the phone of a number: from now on the page shows what it shows. */
export function hold(number, chat = null) {
  stop();
  const empty = {
    messages: new Map(),
    devices: [],
    typing: {},
    groups: [],
    unread: [],
    replying: null,
    editing: null,
  };
  update({ me: number, chat, ...empty });
  remember();
  stop = follow(number, take, tellLost);
}

/** Opens a chat, or none. */
export function open(chat) {
  update({ chat, replying: null, editing: null });
  remember();
}

/** Whoever looks at a chat reads it; a phone in the background does not. */
export function readWhatIsSeen() {
  if (reading || !store.chat || document.visibilityState !== "visible") return;
  if (!messagesOf(store.chat).some(isUnread)) return;
  reading = true;
  call("read", { number: store.me, author: store.chat })
    .catch(complain)
    .finally(() => (reading = false));
}

function remember() {
  history.replaceState(null, "", `#${[store.me, store.chat].filter(Boolean).join("/")}`);
}

/** The phone and the chat that the address names, as after a reload. */
export const remembered = () => location.hash.slice(1).split("/").map(decodeURIComponent);
