// One message as a bubble: who, what it answers, what it says, when, how far it came, and the reactions.
import { messageMenu, react } from "./actions.js";
import { tone } from "./avatar.js";
import { bdi, h, icon, iconButton } from "./dom.js";
import { content, summary } from "./kinds.js";
import { nameOf } from "./store.js";
import { ticks } from "./ticks.js";
import { clock, runsAlong, say } from "./words.js";

const ONLY_EMOJI =
  /^(\p{Extended_Pictographic}(\uFE0F|\u200D\p{Extended_Pictographic}|\p{Emoji_Modifier})*\s*){1,3}$/u;

export function bubble(line) {
  const { message, mine, first, author } = line;
  const big = message.type === "chat" && !message.revoked && ONLY_EMOJI.test(message.body ?? "");
  const classes = ["message", mine ? "mine" : "theirs", `is-${message.type}`];
  if (first) classes.push("first");
  if (message.revoked) classes.push("revoked");
  if (big) classes.push("big");
  if (message.type === "chat" && !big && !message.revoked && runsAlong(message.body)) classes.push("along");
  if (message.edited) classes.push("was-edited");
  const menu = iconButton("menu", say("actions"), () => messageMenu(menu, message), {
    class: "more",
    "aria-haspopup": "menu",
    "aria-expanded": "false",
    "data-focus": `more ${message.seq}`,
  });
  const body = h(
    "div",
    { class: "bubble" },
    author && first ? bdi(author, { class: `author ink-${tone(message.sender)}` }) : null,
    message.forwarded ? h("span", { class: "forwarded" }, icon("forward"), say("forwarded")) : null,
    message.quoted && !message.revoked ? quote(line) : null,
    message.revoked ? h("p", { class: "text gone" }, icon("trash"), say("revoked")) : content(message),
    foot(message, mine),
    message.revoked ? null : menu,
  );
  return h("li", { class: classes.join(" "), "data-seq": message.seq }, body, reactions(message));
}

function foot(message, mine) {
  return h(
    "span",
    { class: "foot" },
    message.edited && !message.revoked ? h("span", {}, say("edited")) : null,
    h("time", { dateTime: message.at }, clock(message.at)),
    mine && !message.revoked ? ticks(message.ack) : null,
  );
}

function quote({ quoted, quotedName }) {
  if (!quoted) return h("span", { class: "quote" }, "…");
  const jump = () => {
    const there = document.querySelector(`[data-seq="${quoted.seq}"]`);
    there?.scrollIntoView({ block: "center", behavior: "smooth" });
    there?.animate([{ opacity: 0.4 }, { opacity: 1 }], 900);
  };
  return h(
    "button",
    { type: "button", class: "quote", onclick: jump },
    bdi(quotedName, { class: "who" }),
    h("span", { class: "said", dir: "auto" }, summary(quoted)),
  );
}

function reactions(message) {
  const given = Object.entries(message.reactions ?? {}).filter(([, emoji]) => emoji);
  if (!given.length || message.revoked) return null;
  const counts = new Map();
  for (const [, emoji] of given) counts.set(emoji, (counts.get(emoji) ?? 0) + 1);
  const named = given.map(([number, emoji]) => `${nameOf(number)} ${emoji}`).join(", ");
  const shown = [...counts].map(([emoji, count]) =>
    h(
      "button",
      { type: "button", onclick: () => react(message, emoji), "aria-label": say("react", { emoji }) },
      emoji,
      count > 1 ? ` ${count}` : "",
    ),
  );
  return h(
    "span",
    { class: "reactions", title: named, role: "group", "aria-label": say("reactions", { list: named }) },
    shown,
  );
}
