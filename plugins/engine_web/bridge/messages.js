// Messages as the page holds them, told in our words.

// A message as Python's `reports.Message` wants it, or null when it is not for people or not decrypted yet.
function describe(msg) {
  const kind = KINDS[msg.type] ?? (OTHERS.has(msg.type) ? 'other' : null);
  const place = kind && msg.t ? placeOf(msg.id.remote, writerOf(msg)) : null;
  return place && {
    type: 'message',
    ...place,
    fromMe: Boolean(msg.id.fromMe),
    waId: msg.id.id,
    sentAt: msg.t,
    name: clean(msg.notifyName, LIMITS.name),
    about: WA_ID.test(msg.quotedStanzaID ?? '') ? msg.quotedStanzaID : '', // whoever quotes may write anything there
    forwarded: Boolean(msg.isForwarded),
    ...contentOf(msg, kind),
  };
}

const UNREADABLE = { kind: 'other', attachment: null, payload: null, text: '', mentions: [] };

function contentOf(msg, kind) {
  try {
    const payload = PAYLOADS[kind]?.(msg) ?? null;
    return {
      kind: PAYLOADS[kind] && !payload ? 'other' : kind,
      attachment: FILES.has(kind) ? attachmentOf(msg) : null,
      payload,
      ...wordsOf(msg),
    };
  } catch {
    return UNREADABLE; // that somebody wrote is worth telling all the same
  }
}

// Where something was said, and by whom; null where it was no chat, or nobody: a channel, a status, a bot.
function placeOf(remote, writer) {
  const chat = canonical(remote);
  const inGroup = chat.endsWith('@g.us');
  const participant = inGroup ? canonical(writer) : '';
  if (!CHAT_ID.test(chat) || (inGroup && !PERSON_ID.test(participant))) return null;
  const metadata = inGroup && WPP.chat.get(remote);
  return {
    chat,
    participant,
    chatName: inGroup ? clean(metadata?.groupMetadata?.subject ?? metadata?.name, LIMITS.name) : '',
    lid: linkedIdOf(writer),
  };
}

function writerOf(msg) {
  if (msg.id.remote.isGroup()) return msg.author ?? msg.id.participant ?? msg.id.remote;
  return msg.id.fromMe ? (WPP.conn.getMyUserWid() ?? msg.id.remote) : msg.id.remote;
}

// People named in the text are named by linked id where WhatsApp does so, here always as the core knows them.
function wordsOf(msg) {
  let text = clean(textOf(msg), LIMITS.text);
  const mentions = new Set();
  for (const wid of (msg.mentionedJidList ?? []).slice(0, LIMITS.mentions)) {
    const id = canonical(wid);
    if (!PERSON_ID.test(id)) continue; // whoever writes may name a group, or nothing at all
    mentions.add(id);
    text = text.replaceAll(`@${idOf(wid).split('@')[0]}`, `@${id.split('@')[0]}`);
  }
  return { text: text.slice(0, LIMITS.text).toWellFormed(), mentions: [...mentions] };
}

function handIn(msg) {
  noteHeard(msg);
  if (msg.type === 'ciphertext') return noteUndecrypted(msg);
  const message = describe(msg);
  if (message) report(message);
}

// Messages that are not decrypted yet, by key: the message, and since when it has been waited for.
const undecrypted = new Map();

function noteUndecrypted(msg) {
  const key = msg.id.toString();
  if (!undecrypted.has(key)) undecrypted.set(key, { msg, since: performance.now() });
}

// How long each has been waited for; asked with every snapshot.
function undecryptedNow() {
  for (const [key, { msg }] of undecrypted) {
    if (msg.type !== 'ciphertext') undecrypted.delete(key);
  }
  return [...undecrypted]
    .slice(-100)
    .map(([key, { since }]) => ({ key, seconds: (performance.now() - since) / 1000 }));
}

// A placeholder found by the sweep is handed in once it is decrypted; wa-js watches only those that arrive.
function awaitDecryption(msg) {
  if (undecrypted.has(msg.id.toString())) return;
  noteUndecrypted(msg);
  msg.once('change:type', () => queueMicrotask(() => handIn(msg)));
}

function reportAck(chat, key, ack) {
  const id = canonical(chat);
  if (key.fromMe && CHAT_ID.test(id)) report({ type: 'ack', chat: id, waId: key.id, ack });
}

hear('chat.new_message', handIn);
// In a group a receipt speaks for one member only; the message's own ack speaks for all of them.
hear('chat.msg_ack_change', ({ ack, chat, ids }) => {
  noteNews();
  for (const key of ids) if (!key.remote.isGroup()) reportAck(chat, key, ack);
});
// wa-js tells of receipts and the server's ack; that a message was refused after all shows only in the store.
WPP.loader.onFullReady(() =>
  WPP.whatsapp.MsgStore.on('change:ack', (msg) => {
    if (msg.ack < 0 || msg.id.remote.isGroup()) reportAck(msg.id.remote, msg.id, msg.ack);
  }),
);
