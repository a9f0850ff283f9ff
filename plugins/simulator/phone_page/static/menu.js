// A small menu beside what opened it: arrows move, Escape closes and gives the focus back.
import { h, icon } from "./dom.js";

let close = () => {};

/** Opens a menu at `anchor`. Items: {icon, label, act} or {element} for something else in a row. */
export function openMenu(anchor, label, items) {
  close();
  const menu = h("div", { class: "menu", role: "menu", "aria-label": label });
  const pick = (act) => () => {
    close();
    act();
  };
  for (const item of items) {
    menu.append(
      item.row
        ? h(
            "div",
            { class: "menu-row" },
            item.row.map(({ text, name, act }) =>
              h("button", { type: "button", role: "menuitem", "aria-label": name, onclick: pick(act) }, text),
            ),
          )
        : h(
            "button",
            { type: "button", role: "menuitem", onclick: pick(item.act) },
            icon(item.icon),
            h("span", {}, item.label),
          ),
    );
  }
  document.body.append(menu);
  place(menu, anchor.getBoundingClientRect());
  const buttons = [...menu.querySelectorAll("button")];
  const keys = (event) => {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (event.key === "Escape" || event.key === "Tab") close();
    else if (step) buttons.at((buttons.indexOf(document.activeElement) + step) % buttons.length).focus();
    else return;
    event.preventDefault();
  };
  const outside = ({ target }) => menu.contains(target) || close();
  close = () => {
    close = () => {};
    menu.remove();
    anchor.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside, true);
    if (anchor.isConnected) anchor.focus();
  };
  menu.addEventListener("keydown", keys);
  document.addEventListener("pointerdown", outside, true);
  anchor.setAttribute("aria-expanded", "true");
  buttons[0].focus();
}

/** Below the anchor or above it, and wholly on the screen. */
function place(menu, at) {
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = at.bottom + height + 8 < innerHeight;
  const rightToLeft = document.documentElement.dir === "rtl";
  const left = rightToLeft ? at.right - width : at.left;
  menu.style.top = `${Math.max(8, below ? at.bottom + 4 : at.top - height - 4)}px`;
  menu.style.left = `${Math.min(Math.max(8, left), innerWidth - width - 8)}px`;
}
