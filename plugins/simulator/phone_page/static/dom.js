// Builds elements. Texts only ever become text nodes: what people write, and their names, is hostile input.
import { icons } from "./icons.js";

const shown = new WeakMap(); // what `keyed` filled its containers with
const SVG = "http://www.w3.org/2000/svg";

/** An element: `props` are properties where it has them, else attributes; falsy children are left out. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") element.className = value;
    else if (name in element && !name.startsWith("aria")) element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child || child === 0));
  return element;
}

/** A drawn sign; it says nothing to a screen reader, its button does. */
export function icon(name) {
  const drawing = svg("svg", { viewBox: "0 0 24 24", class: `icon icon-${name}`, "aria-hidden": "true" });
  for (const path of icons[name]) drawing.append(svg("path", { d: path }));
  return drawing;
}

export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A button that shows a sign and is called `label`. */
export function iconButton(name, label, onclick, props = {}) {
  return h("button", { type: "button", title: label, "aria-label": label, onclick, ...props }, icon(name));
}

/** A name or number inside other text: its direction is its own. */
export const bdi = (text, props = {}) => h("bdi", props, text);

/**
 * Fills `container` with one element per item. An item that looks as before keeps its element, so that
 * focus, scrolling and playing audio survive news about something else.
 */
export function keyed(container, items, key, make) {
  const before = shown.get(container) ?? new Map();
  const now = new Map();
  const focused = container.contains(document.activeElement)
    ? document.activeElement.dataset.focus
    : undefined;
  for (const item of items) {
    const look = JSON.stringify(item);
    const old = before.get(key(item));
    now.set(key(item), old?.look === look ? old : { look, element: make(item) });
  }
  shown.set(container, now);
  const wanted = [...now.values()].map(({ element }) => element);
  const changed = wanted.length !== container.children.length;
  if (changed || wanted.some((element, index) => container.children[index] !== element)) {
    arrange(container, wanted);
    if (focused) container.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
  }
}

/** Puts children in order, touching only those that are not yet where they belong. */
function arrange(container, wanted) {
  const keep = new Set(wanted);
  for (const child of [...container.children]) if (!keep.has(child)) child.remove();
  wanted.forEach((element, index) => {
    if (container.children[index] !== element)
      container.insertBefore(element, container.children[index] ?? null);
  });
}
