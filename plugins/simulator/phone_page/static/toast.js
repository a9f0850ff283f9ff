// Short news for the person at the page: what went wrong, in the simulator's own words.
import { h } from "./dom.js";
import { say } from "./words.js";

const place = document.querySelector("#toast");

export function tell(text) {
  const note = h("p", { class: "note", dir: "auto" }, text);
  place.append(note);
  setTimeout(() => note.remove(), 6000);
}

export const complain = (error) => tell(error.message);

/** Whether the simulator cannot be reached: said for as long as it lasts. */
export function tellLost(lost) {
  place.querySelector(".lost")?.remove();
  if (lost) place.append(h("p", { class: "note lost" }, say("lost")));
}
