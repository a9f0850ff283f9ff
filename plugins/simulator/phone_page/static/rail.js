// The people on the side: whose phone is held, and who has news.
import { avatar } from "./avatar.js";
import { bdi, h, icon, iconButton, keyed } from "./dom.js";
import { addPerson } from "./forms.js";
import { hold } from "./hold.js";
import { store } from "./store.js";
import { currentLanguage, say } from "./words.js";

const rail = document.querySelector("#people");
const list = h("ul", { class: "people" });

export function drawRail(turn) {
  if (!list.isConnected)
    rail.append(h("div", { class: "brand" }, icon("sprout")), list, h("div", { class: "below" }));
  rail.setAttribute("aria-label", say("people"));
  rail
    .querySelector(".below")
    .replaceChildren(
      iconButton("attach", say("addPerson"), addPerson, { class: "round add", id: "add-person" }),
      h(
        "button",
        {
          type: "button",
          class: "tongue",
          id: "language",
          "aria-label": say("languageLabel"),
          onclick: () => turn(currentLanguage() === "he" ? "en" : "he"),
        },
        say("language"),
      ),
    );
  const shown = store.people.map((each) => ({
    ...each,
    held: each.number === store.me,
    word: currentLanguage(),
  }));
  keyed(list, shown, (each) => each.number, entry);
}

function entry({ number, name, unread, linked, online, held }) {
  const news =
    unread && !held
      ? h("span", { class: "badge", "aria-label": say("unread", { count: unread }) }, unread)
      : null;
  return h(
    "li",
    {},
    h(
      "button",
      {
        type: "button",
        class: `holder${held ? " held" : ""}${online ? "" : " off"}`,
        "aria-pressed": String(held),
        "aria-label": say("holds", { name }),
        title: `${name} +${number}`,
        onclick: () => hold(number),
        "data-focus": number,
        "data-number": number,
      },
      h(
        "span",
        { class: "face" },
        avatar(number),
        news,
        linked ? h("span", { class: "mark", title: say("linkedMark") }, icon("link")) : null,
      ),
      bdi(name, { class: "name" }),
    ),
  );
}
