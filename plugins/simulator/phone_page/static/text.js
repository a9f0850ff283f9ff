// A text with its web addresses as links, people by name, and *bold*, _italic_ and ~struck~ words; still
// nothing but text nodes.
import { h } from "./dom.js";
import { nameOf } from "./store.js";

const ADDRESS = String.raw`(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]])`;
const between = (sign) => String.raw`${sign}(\S(?:[^${sign}\n]*\S)?)${sign}`;
const styled = ["\\*", "_", "~"].map(between).join("|");
const PARTS = new RegExp(
  String.raw`@(\d{7,15})|${ADDRESS}|(?<![\p{L}\p{N}])(?:${styled})(?![\p{L}\p{N}])`,
  "gu",
);

/** A text in one piece, with the names of the people it names. */
export const named = (text, mentions = []) =>
  mentions.reduce((said, number) => said.replaceAll(`@${number}`, `@${nameOf(number)}`), text);

/** The paragraph for a text, or nothing. Each line goes in its own direction; people it names go by name. */
export function textOf(text, mentions = []) {
  if (!text) return null;
  const children = [];
  let end = 0;
  for (const match of text.matchAll(PARTS)) {
    const [whole, number, address, bold, italic, struck] = match;
    children.push(text.slice(end, match.index));
    if (number)
      children.push(
        mentions.includes(number) ? h("b", { class: "mention", dir: "auto" }, `@${nameOf(number)}`) : whole,
      );
    else if (address)
      children.push(h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, address));
    else children.push(h(bold ? "strong" : italic ? "em" : "s", {}, bold ?? italic ?? struck));
    end = match.index + whole.length;
  }
  children.push(text.slice(end));
  return h("p", { class: "text", dir: "auto" }, children);
}
