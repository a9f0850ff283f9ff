// Looking things up: one message by its id, and what came while nobody listened.

calls.find = async (id, waId) => {
  needLogin();
  const msg = await messageOf({ chat: id, waId, fromMe: true });
  return msg && { chat: canonical(msg.id.remote), waId, ack: msg.ack ?? 0 };
};

const PAGE_OF = 50; // messages
const MOST = 2000;
const PAGE_PATIENCE = 8000; // ms
const PATIENCE = 20000; // ms for one chat: what was found till then is better than nothing
// A reaction, a vote or a deletion does not bring its chat up to date, so chats a little older are looked at too.
const REMARKS_WITHIN = 3 * 24 * 3600;

// The chats worth opening, the one that spoke longest ago first.
calls.chatsSince = async (since) => {
  needLogin();
  return WPP.whatsapp.ChatStore.getModelsArray()
    .filter((chat) => CHAT_ID.test(idOf(chat.id)))
    .filter((chat) => (chat.t ?? 0) >= since - REMARKS_WITHIN || chat.unreadCount !== 0)
    .sort((a, b) => (a.t ?? 0) - (b.t ?? 0))
    .map((chat) => idOf(chat.id));
};

// Written by others, decrypted or not; WhatsApp's own notices are nobody's and never counted as unread.
const isTheirs = (msg) => !msg.id.fromMe && (msg.type === 'ciphertext' || describe(msg) !== null);

// What was written in a chat since a time, and whether that is all of it.
calls.messagesSince = async (id, since) => {
  const chat = WPP.chat.get(id);
  if (!chat) return { told: [], whole: true };
  const unread = Math.max(0, chat.unreadCount);
  const end = performance.now() + PATIENCE;
  const { messages, whole } = await lookBack(chat, since, end, unread);
  const told = wanted(messages, since, unread);
  for (const msg of messages.reverse()) {
    if (performance.now() > end + PATIENCE) return { told, whole: false }; // the newest were asked first
    told.push(...(await remarksOn(msg, since).catch(() => [])));
  }
  return { told, whole };
};

// Our own messages of a chat, and how far they have come.
calls.progressIn = async (id, since) => {
  needLogin();
  const chat = WPP.chat.get(id);
  const remote = chat && canonical(chat.id);
  if (!chat || !CHAT_ID.test(remote)) return [];
  const { messages } = await lookBack(chat, since, performance.now() + PATIENCE, 0);
  return messages
    .filter((msg) => msg.id.fromMe && msg.t >= since && msg.ack && WA_ID.test(msg.id.id))
    .map((msg) => ({ type: 'ack', chat: remote, waId: msg.id.id, ack: msg.ack }));
};

// A chat's messages back to that time and to the oldest unread one, oldest first; and whether they go back to that
// time, or to the chat's beginning.
async function lookBack(chat, since, end, unread) {
  let messages = [];
  let whole = false;
  while (messages.length < MOST && performance.now() < end) {
    const anchor = messages.length ? { direction: 'before', id: messages[0].id.toString() } : {};
    const known = new Set(messages.map((msg) => msg.id.toString()));
    // It is known to hang for some chats; what the page holds of them already is told all the same.
    const asked = WPP.chat.getMessages(idOf(chat.id), { count: PAGE_OF, ...anchor });
    const page = await Promise.race([asked, sleep(PAGE_PATIENCE).then(() => null)]);
    if (!page) break;
    const older = page.filter((msg) => !known.has(msg.id.toString())).sort((a, b) => a.t - b.t);
    messages = [...older, ...messages];
    whole = !older.length || messages[0].t < since;
    const enough = messages.filter(isTheirs).length >= unread;
    if (!older.length || (whole && enough)) break;
  }
  return { messages: withHeld(chat, messages), whole };
}

// wa-js looks backwards from one message, and may miss those that came beside it.
function withHeld(chat, messages) {
  const known = new Set(messages.map((msg) => msg.id.toString()));
  const held = chat.msgs.getModelsArray().filter((msg) => !known.has(msg.id.toString()));
  return [...messages, ...held].sort((a, b) => a.t - b.t);
}

function wanted(messages, since, unread) {
  const unseen = new Set(unread ? messages.filter(isTheirs).slice(-unread) : []);
  const chosen = messages.filter((msg) => msg.t >= since || unseen.has(msg));
  chosen.filter((msg) => msg.type === 'ciphertext').forEach(awaitDecryption);
  return chosen.map(describe).filter(Boolean);
}
