// Sending, in two calls: `prepare` may fail without harm; from `send` on the message may be out.

calls.prepare = async (id, waId) => {
  needConnection();
  const chat = await chatOf(id);
  if (!chat) refuse('no_account', 'WhatsApp has no account with this number');
  const key = keyOf(chat, waId);
  const before = loaded(key);
  if (before?.ack < 0) forget(chat, before);
  return { chat: chat.id.toString(), key, present: before !== null && before.ack >= 0 };
};

// A message the page has given up on would stand in the way of its own second try.
function forget(chat, msg) {
  chat.msgs.remove?.(msg);
  WPP.whatsapp.MsgStore.remove?.(msg);
}

calls.send = async (parcel, input) => {
  const { key, present, seconds } = parcel;
  const sent = present ? new Promise(() => {}) : start(parcel, input);
  const answer = {};
  const ackNow = () => loaded(key)?.ack ?? null;
  const settled = sent.then(
    (value) => Object.assign(answer, { result: resultOf(value) }),
    (error) => Object.assign(answer, { error: failure(error) }),
  );
  const end = performance.now() + seconds * 1000;
  // An error result alone ends nothing: while the ack is 0 WhatsApp Web itself tries again, when it is back online.
  while (!ackNow() && !answer.error && performance.now() < end) {
    await (answer.result ? sleep(25) : Promise.race([settled, sleep(25)]));
  }
  if (ackNow() < 0) await Promise.race([settled, sleep(500)]); // the reason comes just behind the ack
  return { ack: ackNow(), result: answer.result ?? null, error: answer.error ?? null };
};

async function start(parcel, input) {
  const { chat, kind, media, forwarded } = parcel;
  const { text, mentionedList } = addressed(parcel);
  const options = { messageId: parcel.key, markIsRead: false, detectMentioned: false, waitForAck: true };
  if (mentionedList.length) options.mentionedList = mentionedList;
  const quoted = parcel.about && (await messageOf(parcel.about));
  // Words that answer a message which is no longer there are still worth sending.
  if (quoted && WPP.whatsapp.functions.canReplyMsg(quoted)) options.quotedMsg = quoted;
  if (!media) {
    const raw = { ...RAW[kind]({ ...parcel, text }), ...(forwarded ? FORWARDED : {}) };
    return WPP.chat.sendRawMessage(chat, raw, options);
  }
  if (forwarded) markOnceAdded(parcel.key);
  // The name on disk is a hash; wrapping gives the file its own name and copies nothing.
  const file = new File([input.files[0]], media.filename, { type: media.mimetype });
  return WPP.chat.sendFileMessage(chat, file, { ...options, ...media, caption: text || undefined });
}

// wa-js passes no mark on with a file, but the message is there some time before its upload ends and it leaves.
function markOnceAdded(key) {
  const store = WPP.whatsapp.MsgStore;
  const mark = (msg) => {
    if (msg.id.toString() !== key) return;
    store.off('add', mark);
    msg.set(FORWARDED);
  };
  store.on('add', mark);
}

// Some groups know their members by linked id only: there a mention names that, in the text too.
function addressed({ chat, text, mentions }) {
  const members = WPP.chat.get(chat)?.groupMetadata?.participants;
  const mentionedList = mentions.map((id) => {
    const wid = widOf(id);
    const other = members?.get(wid) ? null : otherId(wid);
    if (!other || !members?.get(other)) return id;
    text = text.replaceAll(`@${wid.user}`, `@${other.user}`);
    return idOf(other);
  });
  return { text, mentionedList };
}

// 'OK', or WhatsApp's word for why not, with the server's number when it gave one.
function resultOf({ sendMsgResult }) {
  const result = sendMsgResult?.messageSendResult ?? sendMsgResult ?? 'OK';
  const code = String(sendMsgResult?.errorCode ?? sendMsgResult?.error ?? '');
  return /^\d{3}$/.test(code) ? `${result} ${code}` : String(result);
}
