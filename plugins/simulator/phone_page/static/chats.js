// The chats of the phone that is held: who, the last word, how far it came, how much is unread.
import { call } from "./api.js";
import { avatar } from "./avatar.js";
import { bdi, h, icon, iconButton, keyed } from "./dom.js";
import { newChat } from "./forms.js";
import { open } from "./hold.js";
import { summary } from "./kinds.js";
import { linkDevices } from "./linking.js";
import { activity, chats, isMine, nameOf, person, store } from "./store.js";
import { ticks } from "./ticks.js";
import { complain } from "./toast.js";
import { clock, currentLanguage, day, dial, say } from "./words.js";

const pane = document.querySelector("#chats");
const owner = h("header", { class: "owner" });
const list = h("ul", { class: "chats" });
const nothing = h("div", { class: "nothing" });

export function drawChats() {
  if (!list.isConnected) pane.append(owner, list, nothing);
  pane.setAttribute("aria-label", say("chats"));
  const me = person(store.me);
  owner.hidden = !me;
  if (!me) return;
  keyed(owner, [{ me, devices: store.devices.length, word: currentLanguage() }], () => "owner", ownerCard);
  const rows = chats().map((each) => ({
    ...each,
    name: nameOf(each.id),
    open: each.id === store.chat,
    doing: activity(each.id),
    word: currentLanguage(),
  }));
  keyed(list, rows, (each) => each.id, row);
  nothing.hidden = rows.length > 0;
  nothing.replaceChildren(h("strong", {}, say("noChats")), h("span", {}, say("noChatsHint")));
}

function ownerCard({ me, devices }) {
  const power = h("input", {
    type: "checkbox",
    role: "switch",
    checked: me.online,
    "aria-label": say("online"),
    title: say("online"),
    onchange: ({ target }) =>
      call("set_online", { number: me.number, online: target.checked }).catch(complain),
  });
  return h(
    "div",
    { class: "card" },
    h(
      "div",
      { class: "who" },
      avatar(me.number, "large"),
      h("div", {}, h("h1", {}, bdi(me.name)), bdi(dial(me.number), { class: "dial", dir: "ltr" })),
      h("label", { class: "switch" }, power, h("span", {})),
    ),
    h(
      "div",
      { class: "tools" },
      h(
        "button",
        { type: "button", class: `pill${devices ? " good" : ""}`, id: "link", onclick: linkDevices },
        icon(devices ? "link" : "scan"),
        devices ? say("linkedCount", { count: devices }) : say("linkDevice"),
      ),
      iconButton("edit", say("newChat"), newChat, { class: "round", id: "new-chat" }),
    ),
  );
}

function row({ id, name, last, unread, open: isOpen, doing }) {
  const when = last && (day(last.at) === say("today") ? clock(last.at) : day(last.at));
  const preview = doing
    ? h("span", { class: "doing" }, say(doing === "recording" ? "recording" : "typing"))
    : last && h("span", { class: "last", dir: "auto" }, summary(last));
  return h(
    "li",
    {},
    h(
      "button",
      {
        type: "button",
        class: `chat${isOpen ? " open" : ""}`,
        "aria-current": isOpen ? "true" : null,
        onclick: () => open(id),
        "data-focus": id,
        "data-chat": id,
      },
      avatar(id),
      h(
        "span",
        { class: "line one" },
        bdi(name, { class: "name" }),
        when && h("time", { dateTime: last.at }, when),
      ),
      h(
        "span",
        { class: "line two" },
        last && !doing && isMine(last) && !last.revoked ? ticks(last.ack) : null,
        preview,
        unread ? h("span", { class: "badge", "aria-label": say("unread", { count: unread }) }, unread) : null,
      ),
    ),
  );
}
