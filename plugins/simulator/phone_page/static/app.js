// Starts the page: draws all of it whenever anything is new, and takes up where the address says.
import { drawChats } from "./chats.js";
import { follow } from "./api.js";
import { hold, readWhatIsSeen, remembered } from "./hold.js";
import { drawRail } from "./rail.js";
import { listen, person, store, take } from "./store.js";
import { drawThread } from "./thread.js";
import { tellLost } from "./toast.js";
import { currentLanguage, speak } from "./words.js";

function draw() {
  drawRail(turn);
  drawChats();
  drawThread();
  readWhatIsSeen();
}

function turn(language) {
  speak(language);
  draw();
}

/** Holds the phone that the address names, or the first there is. */
function begin() {
  const [number, chat] = remembered();
  if (store.me || !store.people.length) return;
  stopLooking();
  hold(person(number) ? number : store.people[0].number, person(number) ? chat : null);
}

turn(new URLSearchParams(location.search).get("lang") ?? currentLanguage());
listen(draw);
const stopLooking = follow(null, (parts) => (take(parts), begin()), tellLost);
document.addEventListener("visibilitychange", draw);
document.addEventListener("grown", () => {
  const scroller = document.querySelector(".scroller");
  if (scroller && scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 700)
    scroller.scrollTop = scroller.scrollHeight;
});
