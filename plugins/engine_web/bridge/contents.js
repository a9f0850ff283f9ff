// What a message carries, in our words, from the page's; and, for what has no call of its own, the way back.

const KINDS = {
  chat: 'text',
  image: 'image',
  video: 'video',
  ptv: 'video',
  audio: 'audio',
  ptt: 'voice',
  sticker: 'sticker',
  document: 'document',
  location: 'location',
  vcard: 'contact',
  multi_vcard: 'contact',
  poll_creation: 'poll',
};
// What people write but this version does not open; every other type is WhatsApp's own talk.
const OTHERS = new Set(
  ('event_creation product order list list_response buttons_response template_button_reply interactive ' +
    'interactive_response native_flow hsm groups_v4_invite payment').split(' '),
);
const FILES = new Set(['image', 'video', 'audio', 'voice', 'sticker', 'document']);

// `LIMITS` come from Python, which refuses what is longer: here it is cut, for a cut message is better than none.
const clean = (text, limit) => (typeof text === 'string' ? text.slice(0, limit).toWellFormed() : '');
const isAnswer = (msg) => /_(response|reply)$/.test(msg.type);

function textOf(msg) {
  if (msg.type === 'chat') return msg.body;
  if (!FILES.has(KINDS[msg.type])) return OTHERS.has(msg.type) && isAnswer(msg) ? msg.body : '';
  // A file without a caption of its own carries its file name there.
  return msg.caption === msg.filename ? '' : msg.caption;
}

function attachmentOf(msg) {
  return {
    mimetype: clean(msg.mimetype ?? msg.mediaData?.mimetype, LIMITS.name),
    filename: clean(msg.filename, LIMITS.name),
    size: Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.trunc(Number(msg.size ?? msg.mediaData?.size)) || 0)),
  };
}

// null for a message that is not as its type promises: it is then handed in as `other`.
const PAYLOADS = {
  location: (msg) => {
    const [latitude, longitude] = [Number(msg.lat), Number(msg.lng)];
    if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) return null;
    const [name, ...address] = clean(msg.loc, 2 * LIMITS.words + 1).split('\n');
    return {
      type: 'location',
      latitude,
      longitude,
      name: clean(name, LIMITS.words),
      address: clean(address.join('\n'), LIMITS.words),
    };
  },
  contact: (msg) => {
    const cards = msg.type === 'vcard' ? [msg.body] : (msg.vcardList ?? []).map((each) => each?.vcard);
    const told = cards.slice(0, LIMITS.cards).map(cardOf).filter(Boolean);
    return told.length ? { type: 'contacts', cards: told } : null;
  },
  poll: (msg) => {
    const options = (msg.pollOptions ?? []).slice(0, LIMITS.options).map((each) => clean(each?.name, LIMITS.words));
    const choices = Math.min(LIMITS.options, Math.max(0, Math.trunc(Number(msg.pollSelectableOptionsCount)) || 0));
    return options.length ? { type: 'poll', question: clean(msg.pollName, LIMITS.words), options, choices } : null;
  },
};

// Names and numbers only: a card may carry a portrait.
function cardOf(text) {
  if (typeof text !== 'string') return null;
  const lines = text.replace(/\r?\n[ \t]/g, '').split(/\r?\n/);
  return clean(lines.filter((line) => /^([\w-]+\.)?(FN|N|TEL)[;:]/i.test(line)).join('\n'), LIMITS.card);
}

// What is said goes to the page as WhatsApp holds it; the calls of wa-js for these know neither several numbers
// of one person nor the mark of a forwarded message.
const RAW = {
  text: ({ text }) => ({ type: 'chat', body: text, subtype: null, urlText: null, urlNumber: null }),
  location: ({ payload: { latitude, longitude, name, address } }) => ({
    type: 'location',
    lat: latitude,
    lng: longitude,
    loc: [name, address].filter(Boolean).join('\n'),
  }),
  contact: ({ payload: { cards } }) =>
    cards.length === 1
      ? { type: 'vcard', body: cards[0].vcard, vcardFormattedName: cards[0].displayName }
      : { type: 'multi_vcard', vcardList: cards },
  poll: ({ payload: { question, options, choices } }) => ({
    type: 'poll_creation',
    pollName: question,
    pollOptions: options.map((name, localId) => ({ name, localId })),
    pollSelectableOptionsCount: choices,
    pollEncKey: crypto.getRandomValues(new Uint8Array(32)),
    messageSecret: crypto.getRandomValues(new Uint8Array(32)),
  }),
};
const FORWARDED = { isForwarded: true, forwardingScore: 1 };
