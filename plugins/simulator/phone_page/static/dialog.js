// A dialog with a form in it: the browser keeps the focus inside and closes it by Escape.
import { h, iconButton } from "./dom.js";
import { say } from "./words.js";

/** Shows a dialog. `submit` gets the form's values and the form; when it throws, the dialog stays and says why. */
export function showDialog(title, content, { action, submit } = {}) {
  const heading = h("h2", { id: "dialog-title" }, title);
  const failure = h("p", { class: "failure", role: "alert", hidden: true, dir: "auto" });
  const dialog = h("dialog", { "aria-labelledby": "dialog-title" });
  const done = () => dialog.close();
  const fail = (error) => {
    failure.textContent = error.message;
    failure.hidden = false;
  };
  const send = async (event) => {
    event.preventDefault();
    try {
      await submit(Object.fromEntries(new FormData(event.target)), event.target);
      done();
    } catch (error) {
      fail(error);
    }
  };
  const buttons =
    action &&
    h(
      "div",
      { class: "buttons" },
      h("button", { type: "button", class: "plain", onclick: done }, say("cancel")),
      h("button", { type: "submit", class: "primary" }, action),
    );
  dialog.append(
    h("header", {}, heading, iconButton("close", say("close"), done, { class: "round" })),
    h("form", { onsubmit: submit ? send : (event) => event.preventDefault() }, content, failure, buttons),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return { dialog, done, fail };
}

/** A labelled field of a form. */
export function field(label, name, props = {}, hint = null) {
  const { tag = "input", ...rest } = props;
  return h(
    "label",
    { class: "field" },
    h("span", {}, label),
    h(tag, { name, autocomplete: "off", dir: "auto", ...rest }),
    hint && h("small", {}, hint),
  );
}
