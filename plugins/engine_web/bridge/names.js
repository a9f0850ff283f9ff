// Who and which: people, chats and messages by their names, whichever of its names WhatsApp uses today.

const CHAT_ID = /^\d{5,20}(-\d{5,20})?@(c\.us|g\.us|lid)$/;
const PERSON_ID = /^\d{5,20}@(c\.us|lid)$/;
const WA_ID = /^[\w.=-]{1,128}$/;

const idOf = (wid) => wid?.toString().replace(/:\d+@/, '@') ?? '';
const widOf = (id) => WPP.whatsapp.WidFactory.createWid(id);
const loaded = (key) => WPP.whatsapp.MsgStore.get(key) ?? null;

// The same person under his other name; null where the page does not know it.
function otherId(wid) {
  const known = WPP.whatsapp.lidPnCache;
  if (wid.isLid()) return known?.getPhoneNumber(wid) ?? null;
  return wid.isUser() ? (known?.getCurrentLid(wid) ?? null) : null;
}

// WhatsApp knows a person by phone number and by linked id; to the core he is always the one with the phone
// number, wherever the page knows it, so that his chat, his consent and his orders stay together.
function canonical(wid) {
  try {
    return idOf((wid.isLid() && otherId(wid)) || wid);
  } catch {
    return idOf(wid); // a message is worth more than its best name
  }
}

// Somebody's linked id, if his number is known too: told beside it, for other systems that know only the one.
function linkedIdOf(wid) {
  try {
    const other = otherId(wid);
    return other ? idOf(wid.isLid() ? wid : other) : '';
  } catch {
    return '';
  }
}

// wa-js throws for the one that an account does not have.
const myIds = () =>
  ['getMyUserLid', 'getMyUserWid'].flatMap((name) => {
    try {
      return WPP.conn[name]() ?? [];
    } catch {
      return [];
    }
  });
const isMe = (wid) => myIds().some((mine) => idOf(mine) === idOf(wid));

// The chats there are with somebody: WhatsApp may have moved the one by phone number to one by linked id.
function chatsOf(wid) {
  return [wid, otherId(wid)].map((each) => each && WPP.chat.get(each)).filter(Boolean);
}

// In a group the key of a message ends in its writer, that of our own in our linked id.
function keyOf(chat, waId) {
  return keysOf(chat, { waId, fromMe: true })[0];
}

function keysOf(chat, { waId, fromMe, participant }) {
  const key = `${fromMe}_${chat.id.toString()}_${waId}`;
  if (!chat.id.isGroup()) return [key];
  const writer = fromMe || !participant ? null : widOf(participant);
  const names = writer ? [writer, otherId(writer)] : myIds();
  return names.filter(Boolean).map((name) => `${key}_${idOf(name)}`);
}

// Any message by the core's Reference; null when the page has no such message.
async function messageOf(reference) {
  for (const chat of chatsOf(widOf(reference.chat))) {
    for (const key of keysOf(chat, reference)) {
      const msg = await WPP.chat.getMessageById(key).catch((error) => {
        if (error?.code === 'msg_not_found') return null;
        throw error;
      });
      if (msg) return msg;
    }
  }
  return null;
}

// A page that is not ready would answer that it has nothing, which is not the same as there being nothing.
function needLogin() {
  if (!ready || !WPP.conn.isAuthenticated()) refuse('not_connected', 'WhatsApp Web is not logged in');
}

function needConnection() {
  needLogin();
  const { mode, info } = WPP.conn.getStreamData();
  if (mode !== 'MAIN' || info !== 'NORMAL') {
    refuse('not_connected', `WhatsApp Web is not connected (${mode} ${info ?? ''})`);
  }
}

// The chat as `find` answers it, which may be under the linked id; null when there is no such account.
async function chatOf(id) {
  const wid = widOf(id);
  const [known] = chatsOf(wid);
  if (!known && !wid.isGroup() && !(await hasAccount(wid))) return null;
  return WPP.chat.find(known?.id ?? wid);
}

// wa-js's own check answers null for a network fault too; the function beneath it throws.
async function hasAccount(wid) {
  const ask = WPP.whatsapp.functions.queryWidExists;
  return Boolean(await (ask ? ask(wid) : WPP.contact.queryWidExists(wid)));
}

calls.resolve = async (id) => {
  needLogin();
  const chat = await chatOf(id);
  return chat && canonical(chat.id);
};
