// Tells the other side that the person writes or records, as a phone does: at the first key, and at the end.
import { call } from "./api.js";
import { store } from "./store.js";

const PAUSE = 3000;
let shown = "paused";
let timer;

/** Shows a state to the open chat, once. */
export function showState(state) {
  clearTimeout(timer);
  if (state === shown || !store.chat) return;
  shown = state;
  call("show", { number: store.me, to: store.chat, state }).catch(() => {}); // nobody misses a sign of typing
}

export function noteTyping() {
  showState("composing");
  timer = setTimeout(showState, PAUSE, "paused");
}
