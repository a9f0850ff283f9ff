// Looking things up: one message by its id, and what came while nobody listened.

// The chats there are with somebody: WhatsApp may have moved the one by phone number to one by linked id.
function chatsOf(wid) {
  return [wid, otherId(wid)].map((each) => each && WPP.chat.get(each)).filter(Boolean);
}

function otherId(wid) {
  const known = WPP.whatsapp.lidPnCache;
  if (wid.isLid()) return known?.getPhoneNumber(wid);
  return wid.isUser() ? known?.getCurrentLid(wid) : null;
}

const widOf = (id) => WPP.whatsapp.WidFactory.createWid(id);

// In a group the key of our own message ends in our linked id.
function keyOf(chat, waId) {
  const key = `true_${chat.id.toString()}_${waId}`;
  return chat.id.isGroup() ? `${key}_${WPP.conn.getMyUserLid().toString()}` : key;
}

const loaded = (key) => WPP.whatsapp.MsgStore.get(key) ?? null;

// A page that is not ready would answer that it has nothing, which is not the same as there being nothing.
function needLogin() {
  if (!WPP.isFullReady || !WPP.conn.isAuthenticated()) refuse('not_connected', 'WhatsApp Web is not logged in');
}

calls.find = async (id, waId) => {
  needLogin();
  for (const chat of chatsOf(widOf(id))) {
    const msg = await WPP.chat.getMessageById(keyOf(chat, waId)).catch((error) => {
      if (error?.code === 'msg_not_found') return null;
      throw error;
    });
    if (msg) return { chat: canonical(chat.id), waId, ack: msg.ack ?? 0 };
  }
  return null;
};

const PAGE = 50;
const MOST = 2000;

// The chats worth opening, the one that spoke longest ago first.
calls.chatsSince = async (since) => {
  needLogin();
  return WPP.whatsapp.ChatStore.getModelsArray()
    .filter((chat) => CHAT_ID.test(idOf(chat.id)) && ((chat.t ?? 0) >= since || chat.unreadCount !== 0))
    .sort((a, b) => (a.t ?? 0) - (b.t ?? 0))
    .map((chat) => idOf(chat.id));
};

// Written by others, decrypted or not; WhatsApp's own notices are nobody's and never counted as unread.
const isTheirs = (msg) => !msg.id.fromMe && (msg.type === 'ciphertext' || describe(msg) !== null);

calls.messagesSince = async (id, since) => {
  const chat = WPP.chat.get(id);
  if (!chat) return [];
  const unread = Math.max(0, chat.unreadCount);
  let messages = [];
  while (messages.length < MOST) {
    const anchor = messages.length ? { direction: 'before', id: messages[0].id.toString() } : {};
    const known = new Set(messages.map((msg) => msg.id.toString()));
    const page = await WPP.chat.getMessages(id, { count: PAGE, ...anchor });
    const older = page.filter((msg) => !known.has(msg.id.toString())).sort((a, b) => a.t - b.t);
    messages = [...older, ...messages];
    const enough = messages.filter(isTheirs).length >= unread;
    if (!older.length || (messages[0].t < since && enough)) break;
  }
  return wanted(messages, since, unread);
};

function wanted(messages, since, unread) {
  const unseen = new Set(unread ? messages.filter(isTheirs).slice(-unread) : []);
  const chosen = messages.filter((msg) => msg.t >= since || unseen.has(msg));
  chosen.filter((msg) => msg.type === 'ciphertext').forEach(awaitDecryption);
  return chosen.map(describe).filter(Boolean);
}
