// The bar to write with: a text, files, a voice note, and the other kinds behind the plus.
import { call, upload } from "./api.js";
import { h, icon, iconButton } from "./dom.js";
import { sendContact, sendLocation, sendPoll } from "./forms.js";
import { summary } from "./kinds.js";
import { openMenu } from "./menu.js";
import { previewFile } from "./preview.js";
import { record } from "./recorder.js";
import { isMine, nameOf, store, update } from "./store.js";
import { complain, tell } from "./toast.js";
import { noteTyping, showState } from "./typing.js";
import { minutes, say } from "./words.js";

/** Sends from the phone that is held to the open chat; a quote goes along, once. */
async function send(verb, body) {
  const quote = store.replying ? { quote: store.replying.seq } : {};
  update({ replying: null });
  await call(verb, { number: store.me, to: store.chat, ...quote, ...body });
}

async function sendFile(file, type, more = {}) {
  const filehash = await upload(file);
  const named = { filehash, type, filename: file.name, mimetype: file.type || "application/octet-stream" };
  await send("send_media", { ...named, ...more });
}

/** Its parts; `form` is the whole. */
export function newComposer() {
  const text = h("textarea", {
    id: "text",
    rows: 1,
    dir: "auto",
    placeholder: say("say"),
    "aria-label": say("say"),
  });
  const go = h(
    "button",
    { type: "submit", class: "round go", "aria-label": say("send"), title: say("send") },
    icon("send"),
  );
  const mic = iconButton("mic", say("voice"), () => startVoice(bar), { class: "round go", id: "mic" });
  const plus = iconButton("attach", say("attach"), () => attach(plus), {
    class: "round plus",
    "aria-haspopup": "menu",
  });
  const about = h("div", { class: "about", hidden: true });
  const row = h("div", { class: "row" }, plus, text, go, mic);
  const form = h("form", { class: "composer", onsubmit: (event) => submit(event, text) }, about, row);
  const grow = () => {
    text.style.height = "auto";
    text.style.height = `${Math.min(text.scrollHeight, 160)}px`;
    go.hidden = !text.value.trim();
    mic.hidden = !go.hidden;
  };
  text.addEventListener("input", () => (grow(), noteTyping()));
  text.addEventListener("keydown", (event) => {
    if (event.key === "Escape") update({ replying: null, editing: null });
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  const bar = { form, text, about, grow, row };
  grow();
  return bar;
}

/** Shows what is answered or changed above the bar. */
export function drawComposer(bar) {
  const { replying, editing } = store;
  const about = replying ?? editing;
  if (bar.concerns === about) return;
  if (editing || bar.editing) bar.text.value = editing?.body ?? "";
  Object.assign(bar, { concerns: about, editing });
  bar.grow();
  bar.about.hidden = !about;
  if (!about) return;
  const name = isMine(about) ? say("you") : nameOf(about.sender);
  bar.about.replaceChildren(
    h(
      "span",
      { class: "quote" },
      h("span", { class: "who", dir: "auto" }, editing ? say("editing") : say("replyingTo", { name })),
      h("span", { class: "said", dir: "auto" }, summary(about)),
    ),
    iconButton("close", say("cancel"), () => update({ replying: null, editing: null }), { class: "round" }),
  );
  bar.text.focus();
}

async function submit(event, text) {
  event.preventDefault();
  const said = text.value.trim();
  if (!said) return;
  const { editing } = store;
  text.value = "";
  text.dispatchEvent(new Event("input"));
  showState("paused");
  try {
    if (editing) {
      update({ editing: null });
      await call("edit", { number: store.me, seq: editing.seq, text: said });
    } else await send("write", { text: said });
  } catch (error) {
    text.value ||= said;
    complain(error);
  }
}

function attach(anchor) {
  const file = (accept, typeOf) => () =>
    chooseFile(accept, (chosen) => previewFile(chosen, typeOf(chosen), sendFile));
  openMenu(anchor, say("attach"), [
    {
      icon: "image",
      label: say("photo"),
      act: file("image/*,video/*", seenAs),
    },
    { icon: "document", label: say("document"), act: file("", () => "document") },
    { icon: "location", label: say("location"), act: () => sendLocation(send) },
    { icon: "person", label: say("contact"), act: () => sendContact(send) },
    { icon: "poll", label: say("poll"), act: () => sendPoll(send) },
  ]);
}

/** A picture or a film; whatever else was chosen goes as a paper, for nobody could see it. */
const seenAs = ({ type }) => /^(image|video)\//.exec(type)?.[1] ?? "document";

function chooseFile(accept, take) {
  const input = h("input", {
    type: "file",
    accept,
    hidden: true,
    onchange: () => input.files[0] && take(input.files[0]),
  });
  document.body.append(input);
  input.addEventListener("change", () => input.remove());
  input.addEventListener("cancel", () => input.remove());
  input.click();
}

async function startVoice(bar) {
  let finish;
  try {
    finish = await record();
  } catch {
    tell(say("noMicrophone"));
    chooseFile("audio/*", (file) => sendFile(file, "ptt").catch(complain));
    return;
  }
  showState("recording");
  const began = Date.now();
  const time = h("span", { class: "time" }, minutes(0));
  const ticking = setInterval(() => (time.textContent = minutes((Date.now() - began) / 1000)), 250);
  const end = (wanted) => async () => {
    clearInterval(ticking);
    showState("paused");
    strip.replaceWith(bar.row);
    const duration = Math.max(1, Math.round((Date.now() - began) / 1000));
    const sound = await finish();
    if (wanted)
      await sendFile(new File([sound], "voice", { type: sound.type }), "ptt", { duration }).catch(complain);
  };
  const strip = h(
    "div",
    { class: "row recording" },
    iconButton("trash", say("voiceCancel"), end(false), { class: "round" }),
    h("span", { class: "dot" }),
    time,
    h("span", { class: "hum", "aria-hidden": "true" }),
    iconButton("send", say("voiceStop"), end(true), { class: "round go", id: "send-voice" }),
  );
  bar.row.replaceWith(strip);
  strip.querySelector("#send-voice").focus();
}
