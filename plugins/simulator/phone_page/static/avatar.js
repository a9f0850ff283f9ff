// A face for somebody without a picture: the initials on a colour that is always the same for that number.
import { h, icon } from "./dom.js";
import { group, nameOf } from "./store.js";

const TONES = 8;

export function tone(id) {
  let sum = 7;
  for (const sign of id) sum = (sum * 31 + sign.codePointAt(0)) % 9973;
  return (sum % TONES) + 1;
}

export function avatar(id, kind = "") {
  const face = group(id) ? icon("group") : initials(nameOf(id));
  return h("span", { class: `avatar tone-${tone(id)} ${kind}`, "aria-hidden": "true" }, face);
}

function initials(name) {
  const words = name.replace(/^\+/, "").trim().split(/\s+/);
  const first = [...(words[0] ?? "?")][0] ?? "?";
  const last = words.length > 1 ? ([...words.at(-1)][0] ?? "") : "";
  return (first + last).toUpperCase();
}
