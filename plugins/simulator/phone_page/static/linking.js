// Linked devices: the camera shows the codes that open pages show; a press scans one.
import { call, codes } from "./api.js";
import { field, showDialog } from "./dialog.js";
import { h, icon, svg } from "./dom.js";
import { store } from "./store.js";
import { tell } from "./toast.js";
import { say } from "./words.js";

export function linkDevices() {
  const camera = h("div", { class: "camera", "aria-live": "polite" });
  const act = async (verb, body, word) => {
    try {
      await call(verb, { number: store.me, ...body });
      shown.done();
      if (word) tell(say(word));
    } catch (error) {
      shown.fail(error);
    }
  };
  const scan = (text) => act("scan", { qr_text: text.trim() }, "scanned");
  const enter = (code) => act("enter_code", { code: code.trim() }, "scanned");
  const shown = showDialog(say("linkTitle"), [
    h("p", { class: "hint" }, say("linkHint")),
    camera,
    linkedNow(() => act("unlink", {})),
    typed(say("codeText"), "qr", say("scan"), scan),
    typed(say("byCode"), "code", say("enterCode"), enter, say("byCodeHint")),
  ]);
  look(camera, shown.dialog, scan);
}

/** Shows the codes, and looks again each second: a code is only good for a while. */
async function look(camera, dialog, scan) {
  let before = null;
  while (dialog.open) {
    const found = await codes().catch(() => []);
    const texts = JSON.stringify(found.map(({ text }) => text));
    if (texts !== before)
      camera.replaceChildren(...(found.length ? found.map((code) => target(code, scan)) : [waiting()]));
    before = texts;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

const waiting = () => h("p", { class: "waiting" }, icon("camera"), say("waiting"));

function target({ text, modules }, scan) {
  const size = modules.length;
  const dark = modules
    .flatMap((row, y) => [...row].map((bit, x) => (bit === "1" ? `M${x} ${y}h1v1h-1z` : "")))
    .join("");
  const margins = `-2 -2 ${size + 4} ${size + 4}`;
  const code = svg(
    "svg",
    { viewBox: margins, "aria-hidden": "true", "shape-rendering": "crispEdges" },
    svg("path", { d: dark }),
  );
  return h(
    "button",
    { type: "button", class: "code", onclick: () => scan(text) },
    code,
    h("span", { class: "primary" }, icon("scan"), say("scan")),
  );
}

/** A field with a button of its own, folded away. */
function typed(title, name, action, act, hint = title) {
  const input = field(hint, name, { dir: "ltr" });
  const press = () => act(input.querySelector("input").value);
  return h(
    "details",
    {},
    h("summary", {}, title),
    h(
      "div",
      { class: "inline" },
      input,
      h("button", { type: "button", class: "primary", onclick: press }, action),
    ),
  );
}

function linkedNow(unlink) {
  if (!store.devices.length) return null;
  return h(
    "div",
    { class: "linked" },
    h(
      "ul",
      {},
      store.devices.map(({ id }) => h("li", {}, icon("link"), say("linked", { id }))),
    ),
    h("button", { type: "button", class: "plain danger", onclick: unlink }, say("unlink")),
  );
}
