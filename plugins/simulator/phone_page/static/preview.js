// A file before it is sent: what it looks like, and a caption to it.
import { field, showDialog } from "./dialog.js";
import { bdi, h, icon } from "./dom.js";
import { say, size } from "./words.js";

/** Asks for a caption, then `send(file, type, {caption})`. */
export function previewFile(file, type, send) {
  const address = URL.createObjectURL(file);
  const looks = {
    image: () => h("img", { src: address, alt: file.name }),
    video: () => h("video", { src: address, controls: true }),
    document: () =>
      h("p", { class: "paper" }, icon("document"), bdi(file.name), h("small", {}, size(file.size))),
  };
  const { dialog } = showDialog(
    say(type === "document" ? "document" : "photo"),
    [h("div", { class: "preview" }, looks[type]()), field(say("caption"), "caption", { maxLength: 1024 })],
    { action: say("send"), submit: ({ caption }) => send(file, type, { caption: caption.trim() || null }) },
  );
  dialog.addEventListener("close", () => URL.revokeObjectURL(address));
}
