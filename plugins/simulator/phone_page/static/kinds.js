// What a message says, by its kind: drawn in its bubble, and in a few words for lists and quotes.
import { vote } from "./actions.js";
import { fileAddress } from "./api.js";
import { avatar } from "./avatar.js";
import { bdi, h, icon } from "./dom.js";
import { open } from "./hold.js";
import { nameOf, person, store } from "./store.js";
import { named, textOf } from "./text.js";
import { voice } from "./voice.js";
import { dial, say, size } from "./words.js";

const KINDS = {
  chat: (message) => textOf(message.body, message.mentions),
  image: (message) => [picture(message), textOf(message.caption, message.mentions)],
  sticker: (message) => picture(message),
  video: (message) => [film(message), textOf(message.caption)],
  audio: (message) => voice(message),
  ptt: (message) => voice(message),
  document: (message) => [paper(message), textOf(message.caption)],
  location: place,
  vcard: ({ contacts }) => contacts.map(card),
  multi_vcard: ({ contacts }) => contacts.map(card),
  poll_creation: poll,
};

/** The elements of a message; a kind that is not known yet shows its words. */
export const content = (message) =>
  [(KINDS[message.type] ?? ((other) => textOf(other.body ?? other.type)))(message)].flat();

/** The message in a few words. */
export function summary(message) {
  if (message.revoked) return say("revoked");
  const words = {
    image: () => `📷 ${message.caption ?? say("photo")}`,
    video: () => `🎬 ${message.caption ?? say("video")}`,
    sticker: () => say("sticker"),
    audio: () => `🎵 ${say("audio")}`,
    ptt: () => `🎤 ${say("voiceNote")}`,
    document: () => `📄 ${message.filename ?? say("document")}`,
    location: () => `📍 ${message.place || say("location")}`,
    vcard: () => `👤 ${message.contacts[0].name}`,
    multi_vcard: () => `👤 ${message.contacts.map(({ name }) => name).join(", ")}`,
    poll_creation: () => `📊 ${message.question ?? say("poll")}`,
  }[message.type];
  return words ? words() : named(message.body ?? "", message.mentions);
}

function picture(message) {
  const link = { href: fileAddress(message), target: "_blank", rel: "noopener noreferrer", class: "picture" };
  return h(
    "a",
    link,
    h("img", {
      src: fileAddress(message),
      alt: message.caption ?? say("photoOf", { name: nameOf(message.sender) }),
      loading: "lazy",
      onload: ({ target }) => target.dispatchEvent(new CustomEvent("grown", { bubbles: true })),
    }),
  );
}

const film = (message) =>
  h("video", { src: fileAddress(message), controls: true, preload: "metadata", "aria-label": say("video") });

function paper(message) {
  const name = message.filename ?? say("document");
  const kind = name.includes(".") ? name.split(".").at(-1).slice(0, 4).toUpperCase() : "";
  return h(
    "a",
    {
      class: "paper",
      href: fileAddress({ ...message, mimetype: "" }),
      download: name,
      "aria-label": say("download", { name }),
    },
    h("span", { class: "sheet" }, icon("document"), h("b", {}, kind)),
    h(
      "span",
      { class: "about" },
      bdi(name, { class: "name" }),
      h("small", { dir: "ltr" }, message.size ? size(message.size) : ""),
    ),
    icon("download"),
  );
}

function place({ latitude, longitude, place: name, address }) {
  const where = `https://www.openstreetmap.org/?mlat=${Number(latitude)}&mlon=${Number(longitude)}`;
  const link = {
    class: "map",
    href: where,
    target: "_blank",
    rel: "noopener noreferrer",
    "aria-label": say("showMap"),
  };
  return [
    h("a", link, h("span", { class: "pin" }, icon("location"))),
    h(
      "div",
      { class: "where" },
      name ? h("strong", { dir: "auto" }, name) : null,
      h(
        "small",
        { dir: address ? "auto" : "ltr" },
        address || `${Number(latitude).toFixed(4)}, ${Number(longitude).toFixed(4)}`,
      ),
    ),
  ];
}

function card({ name, number }) {
  const known = person(number);
  return h(
    "div",
    {},
    h(
      "div",
      { class: "contact" },
      avatar(number),
      h("span", {}, bdi(name, { class: "name" }), bdi(dial(number), { class: "dial", dir: "ltr" })),
    ),
    known && number !== store.me
      ? h("button", { type: "button", class: "wide", onclick: () => open(number) }, say("writeTo"))
      : null,
  );
}

function poll(message) {
  const { question, options, choices, votes = {} } = message;
  const voters = new Set(Object.values(votes).flat()).size;
  const mine = options.filter((option) => votes[option]?.includes(store.me));
  const choose = (option, chosen) => {
    const others = choices === 1 ? [] : mine.filter((each) => each !== option);
    vote(message, chosen ? [...others, option] : others);
  };
  const rows = options.map((option) => {
    const count = votes[option]?.length ?? 0;
    const box = h("input", {
      type: "checkbox",
      checked: mine.includes(option),
      "data-focus": `${message.seq} ${option}`,
      onchange: ({ target }) => choose(option, target.checked),
    });
    const meter = h("progress", { max: Math.max(voters, 1), value: count, "aria-hidden": "true" });
    return h(
      "label",
      { class: "option" },
      box,
      h("span", { class: "words", dir: "auto" }, option),
      h("span", { class: "count" }, count),
      meter,
    );
  });
  const hint = choices === 1 ? say("pollOne") : say("pollMany", { count: choices || options.length });
  return h(
    "fieldset",
    { class: "poll" },
    h("legend", { dir: "auto" }, question),
    h("small", {}, hint),
    rows,
    h("small", { class: "total" }, say("votes", { count: voters })),
  );
}
