// How far a message has come: a clock, one tick, two, two in colour; said in a word to a screen reader.
import { h, svg } from "./dom.js";
import { say } from "./words.js";

export function ticks(ack) {
  const drawing = svg("svg", { viewBox: "0 0 20 12", "aria-hidden": "true" });
  for (const path of shape(ack)) drawing.append(svg("path", { d: path }));
  const word = say(`ack${ack}`);
  return h("span", { class: `ticks ack-${ack}`, role: "img", "aria-label": word, title: word }, drawing);
}

function shape(ack) {
  if (ack < 1) return ["M10 11a5 5 0 1 0 0-10 5 5 0 0 0 0 10z", "M10 3.500V6l2 1.200"];
  const one = "M2 6.500L5.500 10 13 2";
  return ack < 2 ? [one] : [one, "M9.500 9L10.500 10 18 2"];
}
