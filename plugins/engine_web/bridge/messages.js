// Messages as the page holds them, in our words.

const CHAT_ID = /^\d{5,20}(-\d{5,20})?@(c\.us|g\.us|lid)$/;
const KINDS = { chat: 'text', image: 'image', document: 'document' };
// What people write but this version does not open; every other type is WhatsApp's own talk.
const OTHERS = new Set(
  ('video audio ptt ptv sticker location vcard multi_vcard poll_creation event_creation product order list ' +
    'list_response buttons_response template_button_reply interactive interactive_response native_flow hsm ' +
    'groups_v4_invite payment').split(' '),
);
const TEXT_LIMIT = 65536;

const idOf = (wid) => wid?.toString().replace(/:\d+@/, '@') ?? '';

// WhatsApp knows a person by phone number and by linked id; to the core he is always the one with the phone
// number, wherever the page knows it, so that his chat, his consent and his orders stay together.
function canonical(wid) {
  try {
    return idOf((wid.isLid() && WPP.whatsapp.lidPnCache.getPhoneNumber(wid)) || wid);
  } catch {
    return idOf(wid); // a message is worth more than its best name
  }
}

// A message as Python's `incoming.Message` wants it, or null when it is not for people or not decrypted yet.
function describe(msg) {
  const kind = KINDS[msg.type] ?? (OTHERS.has(msg.type) ? 'other' : null);
  const chat = canonical(msg.id.remote);
  if (!kind || !CHAT_ID.test(chat) || !msg.t) return null;
  const group = chat.endsWith('@g.us');
  return {
    type: 'message',
    chat,
    participant: group ? canonical(msg.author ?? msg.id.participant) : '',
    fromMe: Boolean(msg.id.fromMe),
    waId: msg.id.id,
    kind,
    text: clean(textOf(msg), TEXT_LIMIT),
    name: clean(msg.notifyName, 256),
    sentAt: msg.t,
  };
}

function textOf(msg) {
  if (msg.type === 'chat') return msg.body;
  // A document without a caption of its own carries its file name there.
  if (msg.type === 'document' && msg.caption === msg.filename) return '';
  return msg.caption ?? (OTHERS.has(msg.type) && isAnswer(msg) ? msg.body : '');
}

const isAnswer = (msg) => /_(response|reply)$/.test(msg.type);

const clean = (text, limit) => (typeof text === 'string' ? text.slice(0, limit).toWellFormed() : '');

function handIn(msg) {
  if (msg.type === 'ciphertext') return;
  const message = describe(msg);
  if (message) report(message);
}

// A placeholder found by the sweep is handed in once it is decrypted; wa-js watches only those that arrive.
const awaited = new Set();

function awaitDecryption(msg) {
  const key = msg.id.toString();
  if (awaited.has(key)) return;
  awaited.add(key);
  msg.once('change:type', () => {
    awaited.delete(key);
    queueMicrotask(() => handIn(msg));
  });
}

function reportAck(chat, key, ack) {
  const id = canonical(chat);
  if (key.fromMe && CHAT_ID.test(id)) report({ type: 'ack', chat: id, waId: key.id, ack });
}

WPP.on('chat.new_message', handIn);
WPP.on('chat.msg_ack_change', ({ ack, chat, ids }) => ids.forEach((key) => reportAck(chat, key, ack)));
// wa-js tells of acks that rise; that a message was refused after all shows only in the store.
WPP.loader.onFullReady(() =>
  WPP.whatsapp.MsgStore.on('change:ack', (msg) => msg.ack < 0 && reportAck(msg.id.remote, msg.id, msg.ack)),
);
