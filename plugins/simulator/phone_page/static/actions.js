// What a person can do with a message: answer it, react, change or take back an own one, vote, hear it.
import { call } from "./api.js";
import { openMenu } from "./menu.js";
import { isMine, store, update } from "./store.js";
import { complain } from "./toast.js";
import { say } from "./words.js";

const REACTIONS = ["👍", "❤️", "😂", "😮", "🙏", "🎂"];

/** A verb on a message by the person who holds the phone. */
const act = (verb, message, body = {}) =>
  call(verb, { number: store.me, seq: message.seq, ...body }).catch(complain);

export const vote = (message, options) => act("vote", message, { options });
export const heard = (message) => act("play", message);

export function react(message, emoji) {
  const again = message.reactions?.[store.me] === emoji;
  return act("react", message, { emoji: again ? "" : emoji });
}

export function messageMenu(anchor, message) {
  const items = [
    {
      row: REACTIONS.map((emoji) => ({
        text: emoji,
        name: say("react", { emoji }),
        act: () => react(message, emoji),
      })),
    },
    { icon: "reply", label: say("reply"), act: () => update({ replying: message, editing: null }) },
  ];
  const text = message.body ?? message.caption;
  if (text)
    items.push({
      icon: "copy",
      label: say("copy"),
      act: () => navigator.clipboard.writeText(text).catch(complain),
    });
  if (isMine(message)) {
    if (message.type === "chat")
      items.push({
        icon: "edit",
        label: say("edit"),
        act: () => update({ editing: message, replying: null }),
      });
    items.push({ icon: "trash", label: say("remove"), act: () => act("revoke", message) });
  }
  openMenu(anchor, say("actions"), items);
}
