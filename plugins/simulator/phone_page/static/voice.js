// A voice note: play and pause, and its true sound as a row of bars.
import { heard } from "./actions.js";
import { fileAddress } from "./api.js";
import { avatar } from "./avatar.js";
import { h, icon, iconButton } from "./dom.js";
import { isMine } from "./store.js";
import { minutes, say } from "./words.js";

const BARS = 38;
const players = new Map(); // by seq: a bubble that is drawn anew keeps the sound that plays
const waves = new Map(); // by file

export function voice(message) {
  const player = players.get(message.seq) ?? new Audio();
  if (!players.has(message.seq)) {
    player.preload = "none";
    player.src = fileAddress(message);
    players.set(message.seq, player);
  }
  const bars = Array.from({ length: BARS }, () => h("i"));
  const time = h("span", { class: "time" });
  const button = iconButton("play", say("play"), () => (player.paused ? player.play() : player.pause()), {
    class: "round play",
  });
  const box = h(
    "div",
    { class: "voice", role: "group", "aria-label": say("voiceNote") },
    avatar(message.sender),
    button,
    h("span", { class: "wave", "aria-hidden": "true" }, bars),
    time,
  );
  let length = message.duration ?? 0;
  const show = () => {
    const done = length ? player.currentTime / length : 0;
    bars.forEach((bar, index) => bar.classList.toggle("played", done > 0 && index / BARS <= done));
    time.textContent = minutes(player.currentTime || length);
    const name = player.paused ? "play" : "pause";
    button.replaceChildren(icon(name));
    button.setAttribute("aria-label", say(name));
  };
  player.ontimeupdate = show;
  player.onpause = show;
  player.onended = () => (player.currentTime = 0);
  player.onplay = () => {
    show();
    if (!isMine(message) && message.type === "ptt") heard(message);
  };
  show();
  wave(message).then(
    ({ peaks, seconds }) => {
      length = seconds;
      peaks.forEach((peak, index) => bars[index].style.setProperty("--peak", peak.toFixed(2)));
      show();
    },
    () => box.classList.add("unheard"),
  );
  return box;
}

/** How loud a sound is, part by part, from 0 to 1, and how long it lasts. */
function wave(message) {
  if (!waves.has(message.filehash)) waves.set(message.filehash, measured(fileAddress(message)));
  return waves.get(message.filehash);
}

async function measured(address) {
  const bytes = await (await fetch(address)).arrayBuffer();
  const sound = await new OfflineAudioContext(1, 1, 16_000).decodeAudioData(bytes);
  const samples = sound.getChannelData(0);
  const part = Math.max(1, Math.floor(samples.length / BARS));
  const loud = Array.from({ length: BARS }, (_, index) => {
    let sum = 0;
    for (let at = index * part; at < (index + 1) * part; at += 1) sum += (samples[at] ?? 0) ** 2;
    return Math.sqrt(sum / part);
  });
  const most = Math.max(...loud, 1e-6);
  return { peaks: loud.map((each) => each / most), seconds: sound.duration };
}
