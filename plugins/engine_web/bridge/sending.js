// Sending, in two calls: `prepare` may fail without harm; from `send` on the message may be out.

// The chat as `find` answers it, which may be under the linked id; null when there is no such account.
async function chatOf(id) {
  const wid = widOf(id);
  const [known] = chatsOf(wid);
  if (!known && !wid.isGroup() && !(await hasAccount(wid))) return null;
  return WPP.chat.find(known?.id ?? wid);
}

calls.resolve = async (id) => {
  needLogin();
  const chat = await chatOf(id);
  return chat && canonical(chat.id);
};

// wa-js's own check answers null for a network fault too; the function beneath it throws.
async function hasAccount(wid) {
  const ask = WPP.whatsapp.functions.queryWidExists;
  return Boolean(await (ask ? ask(wid) : WPP.contact.queryWidExists(wid)));
}

calls.prepare = async (id, waId) => {
  needLogin();
  const { mode, info } = WPP.conn.getStreamData();
  if (mode !== 'MAIN' || info !== 'NORMAL') {
    refuse('not_connected', `WhatsApp Web is not connected (${mode} ${info ?? ''})`);
  }
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

calls.type = (chat, ms) => WPP.chat.markIsComposing(chat, ms);

calls.send = async ({ chat, key, text, media, present, seconds }, input) => {
  const sent = present ? new Promise(() => {}) : start(chat, key, text, media, input);
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

function start(chat, key, text, media, input) {
  const options = { messageId: key, markIsRead: false, detectMentioned: false, waitForAck: true };
  if (!media) return WPP.chat.sendTextMessage(chat, text, { ...options, linkPreview: false });
  // The name on disk is a hash; wrapping gives the file its own name and copies nothing.
  const file = new File([input.files[0]], media.filename, { type: media.mimetype });
  return WPP.chat.sendFileMessage(chat, file, { ...options, ...media, caption: text || undefined });
}

// 'OK', or WhatsApp's word for why not, with the server's number when it gave one.
function resultOf({ sendMsgResult }) {
  const result = sendMsgResult?.messageSendResult ?? sendMsgResult ?? 'OK';
  const code = String(sendMsgResult?.errorCode ?? sendMsgResult?.error ?? '');
  return /^\d{3}$/.test(code) ? `${result} ${code}` : String(result);
}
