// Is everything told that comes in? What the page's own chat list shows is held against what its events brought.
// Whenever something may have been missed, the ear gets a new name: the core then looks for itself. `PATIENT` comes
// from Python (listening.py), in seconds.

const REMEMBERED = 5000; // messages

let ear = 0; // how often it was set up; 0: nobody listens yet
let connected = false;
let lookTrouble = null;
let missedAt = null; // when an event last stayed away
let newsAt = 0; // when the server last let us hear anything
let horizon = 0; // the newest message of all when the ear was set up, in WhatsApp's seconds
let newest = new Map(); // chat -> the newest message in it that needs no looking at: {name, t}
const heard = new Set(); // messages that events brought, by key
const missed = new Map(); // messages that none has brought yet, by key -> since
const unconfirmed = new Map(); // our own that the server has not confirmed, by key -> {msg, since}

function noteHeard(msg) {
  const name = msg.id.toString();
  heard.add(name);
  if (heard.size > REMEMBERED) heard.delete(heard.values().next().value);
  if (!msg.id.fromMe) {
    noteNews();
    missedAt = null;
  } else if (msg.ack === 0 && !FILES.has(KINDS[msg.type])) {
    // A file's upload takes its time and goes another way: it says nothing about the line.
    unconfirmed.set(name, { msg, since: performance.now() });
  }
}

function noteNews() {
  newsAt = performance.now();
}

// What Python asks for with every snapshot.
function earNow() {
  listen();
  const now = performance.now();
  if (missedAt !== null && now - missedAt > PATIENT.forgiven * 1000) missedAt = null;
  return {
    name: ear ? `${PAGE}.${ear}` : '',
    waiting: waitingSince === null ? 0 : (now - waitingSince) / 1000,
    deaf: missedAt !== null,
    silent: connected && isSilent(now),
  };
}

// Something of ours waits for the server, and since then the server has said nothing at all.
function isSilent(now) {
  for (const [name, { msg }] of unconfirmed) if (msg.ack !== 0) unconfirmed.delete(name);
  return [...unconfirmed.values()].some(({ since }) => now - since > PATIENT.unanswered * 1000 && since > newsAt);
}

const lostHearing = () => (lookTrouble ? [`noticing what is missed (${lookTrouble})`] : []);

function listen() {
  if (!ready || !WPP.conn.isAuthenticated()) return;
  try {
    lookRound();
    lookTrouble = null;
  } catch (error) {
    lookTrouble = String(error?.message ?? error).slice(0, 100);
    ear ||= 1; // less is noticed, but what is told is told
  }
}

function lookRound() {
  const { mode, info } = WPP.conn.getStreamData();
  const before = connected;
  connected = mode === 'MAIN' && info === 'NORMAL';
  if (!ear) return setUp();
  const cut = hearing.filter(([event, listener]) => !WPP.listeners(event).includes(listener));
  for (const [event, listener] of cut) WPP.on(event, listener);
  if (cut.length) return setUp();
  if (!connected) return;
  const now = performance.now();
  for (const name of unheard()) if (!missed.has(name)) missed.set(name, now);
  // What came while the line was down is told by no event, and that is as it should be.
  const found = [...missed].filter(([name, since]) => !heard.has(name) && (!before || now - since > PATIENT.grace * 1000));
  if (!found.length) return;
  if (before && found.some(([name]) => name.startsWith('false_'))) missedAt = now;
  setUp();
}

// From here on everything new must come by an event.
function setUp() {
  ear += 1;
  missed.clear();
  newest = new Map(chatsNow().map(({ chat, name, t }) => [chat, { name, t }]));
  horizon = Math.max(horizon, ...[...newest.values()].map(({ t }) => t));
  report({ type: 'changed' });
}

const chatsNow = () =>
  WPP.whatsapp.ChatStore.getModelsArray()
    .filter((chat) => chat.lastReceivedKey && CHAT_ID.test(idOf(chat.id)))
    .map((chat) => ({ chat: idOf(chat.id), name: chat.lastReceivedKey.toString(), t: chat.t ?? 0 }));

// The newest message of each chat that is newer than it was, is for people, and was brought by no event.
function unheard() {
  return chatsNow().flatMap(({ chat, name, t }) => {
    const known = newest.get(chat);
    if (known?.name === name) return [];
    const msg = loaded(name);
    const isNew = msg && msg.t >= (known?.t ?? horizon);
    if (isNew && !heard.has(name) && (msg.type === 'ciphertext' || describe(msg))) return [name];
    newest.set(chat, { name, t: Math.max(t, known?.t ?? 0) });
    return [];
  });
}

setInterval(() => {
  listen();
  void tellPython(JSON.stringify({ type: 'beat', told })).catch(() => {});
}, PATIENT.beat * 1000);
