// The open chat: who it is with, what was said, and the bar to write with.
import { avatar } from "./avatar.js";
import { bubble } from "./bubble.js";
import { drawComposer, newComposer } from "./composer.js";
import { bdi, h, icon, iconButton, keyed } from "./dom.js";
import { open } from "./hold.js";
import { activity, group, isMine, messageById, messagesOf, nameOf, person, store } from "./store.js";
import { currentLanguage, day, dial, say } from "./words.js";

const pane = document.querySelector("#thread");
let built = null; // what the parts below were built for
let header, scroller, list, composer;

export function drawThread() {
  const wanted = [store.me, store.chat, currentLanguage()].join("/");
  if (wanted !== built) build();
  built = wanted;
  document.body.classList.toggle("in-chat", Boolean(store.chat));
  if (!store.chat) return;
  drawHeader();
  const atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 120;
  const before = list.lastElementChild;
  keyed(
    list,
    lines(),
    (line) => line.key,
    (line) => (line.day ? dayMark(line) : bubble(line)),
  );
  const mine = list.lastElementChild !== before && list.lastElementChild?.classList.contains("mine");
  if (atEnd || mine || !before) scroller.scrollTop = scroller.scrollHeight;
  drawComposer(composer);
}

function build() {
  pane.setAttribute("aria-label", say("conversation"));
  if (!store.chat) return pane.replaceChildren(welcome());
  header = h("header", { class: "partner" });
  list = h("ol", { class: "lines", "aria-live": "polite" });
  scroller = h(
    "div",
    { class: "scroller", tabIndex: 0, role: "region", "aria-label": say("conversation") },
    list,
  );
  composer = newComposer();
  pane.replaceChildren(header, scroller, composer.form);
  return undefined;
}

function drawHeader() {
  const { chat } = store;
  const members = group(chat)?.members;
  const doing = members ? null : activity(chat);
  const under = members
    ? h("span", { class: "under", dir: "auto" }, members.map((number) => nameOf(number)).join(", "))
    : h(
        "span",
        { class: `under${doing ? " doing" : ""}`, dir: doing ? null : "ltr" },
        doing ? say(doing === "recording" ? "recording" : "typing") : person(chat) ? dial(chat) : "",
      );
  const look = [nameOf(chat), under.textContent];
  keyed(
    header,
    [look],
    () => "partner",
    () =>
      h(
        "div",
        { class: "card" },
        iconButton("back", say("back"), () => open(null), { class: "round back" }),
        avatar(chat),
        h("div", {}, h("h2", {}, bdi(nameOf(chat))), under),
      ),
  );
}

/** The messages with all that their look depends on, and a mark where a day begins. */
function lines() {
  const found = [];
  let before = null;
  for (const message of messagesOf(store.chat)) {
    const date = day(message.at);
    const newDay = !before || day(before.at) !== date;
    if (newDay) found.push({ key: `day ${date}`, day: date });
    const quoted = message.quoted ? (messageById(message.quoted) ?? null) : null;
    found.push({
      key: message.seq,
      message,
      quoted,
      mine: isMine(message),
      word: currentLanguage(),
      first: newDay || before.sender !== message.sender,
      author: message.group && !isMine(message) ? nameOf(message.sender) : null,
      quotedName: quoted && (isMine(quoted) ? say("you") : nameOf(quoted.sender)),
    });
    before = message;
  }
  return found;
}

const dayMark = (line) => h("li", { class: "day" }, h("span", {}, line.day));

function welcome() {
  const steps = ["emptyOne", "emptyTwo", "emptyThree"].map((key) => h("li", {}, say(key)));
  return h(
    "div",
    { class: "welcome" },
    h("div", { class: "drawing" }, icon("sprout")),
    h("h2", {}, say("emptyTitle")),
    h("ol", {}, steps),
  );
}
