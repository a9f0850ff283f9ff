// Votes, reactions, edits and deletions: about earlier messages, made by us and told by others.
// Each has an id that is the same when it is told again: WhatsApp's own where the page keeps it (reactions,
// edits), else made here of what it is about, who did it and when. A message is deleted once, so there the first
// is enough.

const madeId = (kind, about, who, when) =>
  [about.id, kind, who && canonical(who).split('@')[0], when].filter(Boolean).join('.');

// The clock is that of whoever did it, and may say anything.
const seconds = (time) => Math.min(Math.trunc(time > 1e11 ? time / 1000 : time), Math.trunc(Date.now() / 1000));

function remark(kind, about, who, when, rest) {
  const place = when > 0 ? placeOf(about.remote, who) : null;
  return place && {
    type: 'message',
    ...place,
    fromMe: isMe(who),
    kind,
    about: about.id,
    sentAt: seconds(when),
    name: clean(WPP.whatsapp.ContactStore.get(who)?.pushname, LIMITS.name),
    text: '',
    attachment: null,
    mentions: [],
    forwarded: false,
    payload: { type: kind },
    ...rest,
  };
}

const vote = ({ poll, selectedOptions, sender, timestamp }) =>
  remark('vote', poll, sender, timestamp, {
    waId: madeId('vote', poll, sender, timestamp),
    payload: {
      type: 'vote',
      options: selectedOptions.filter(Boolean).slice(0, LIMITS.options).map(({ name }) => clean(name, LIMITS.words)),
    },
  });

const reaction = ({ id, msgId, reactionText, sender, timestamp }) =>
  remark('reaction', keyFrom(msgId), sender, timestamp, {
    waId: keyFrom(id).id,
    payload: { type: 'reaction', emoji: clean(reactionText, LIMITS.emoji) },
  });

const edit = (msg) =>
  remark('edit', msg.id, writerOf(msg), msg.latestEditSenderTimestampMs ?? msg.t, {
    waId: keyFrom(msg.latestEditMsgKey).id,
    ...wordsOf(msg),
  });

const deletion = (about, who, when) =>
  remark('deletion', about, who, when, { waId: madeId('deletion', about) });

const keyFrom = (key) => WPP.whatsapp.MsgKey.fromString(key.toString());

// What was done through us last, by message: its echo is no news.
const doneHere = new Map();

function isEcho({ fromMe, kind, about, payload }) {
  if (!fromMe) return false;
  if (kind === 'reaction') return doneHere.get(about) === `reaction ${payload.emoji}`;
  return kind === 'deletion' && doneHere.get(about) === 'deletion';
}

function tell(told) {
  if (told && !isEcho(told)) report(told);
}

hear('chat.poll_response', (event) => tell(vote({ ...event, poll: event.msgId })));
hear('chat.new_reaction', (event) => tell(reaction(event)));
hear('chat.msg_edited', ({ msg }) => tell(edit(msg)));
hear('chat.msg_revoke', ({ refId, author, from, id }) => {
  const who = author ?? id.participant ?? from;
  tell(deletion(keyFrom(refId), who, Date.now()));
});

// What the page keeps of the remarks on one message: the last edit, and of reactions and votes those that stand.
async function remarksOn(msg, since) {
  const told = [];
  if (msg.type === 'revoked') {
    // WhatsApp may keep it under the id of its deletion, with its own beside it.
    const about = msg.protocolMessageKey ? keyFrom(msg.protocolMessageKey) : msg.id;
    told.push(deletion(about, msg.revokeSender ?? writerOf(msg), msg.revokeTimestamp ?? msg.t));
  } else if (msg.latestEditMsgKey) {
    told.push(edit(msg));
  }
  if (msg.hasReaction !== false) told.push(...(await reactionsOn(msg)));
  if (msg.type === 'poll_creation') told.push(...(await votesOn(msg)));
  return told.filter((each) => each && each.sentAt >= since && !isEcho(each));
}

async function reactionsOn(msg) {
  const { reactions } = await WPP.chat.getReactions(msg.id.toString());
  return reactions.flatMap(({ senders }) => senders.map(reaction));
}

async function votesOn(msg) {
  const { votes } = await WPP.chat.getVotes(msg.id.toString());
  return votes.map((each) => vote({ ...each, poll: msg.id }));
}

// Remarks of our own. Each answers 'OK' or WhatsApp's word for why not; to do one again does no harm.
const REMARKS = {
  reaction: async (msg, { emoji }) => {
    doneHere.set(msg.id.id, `reaction ${emoji}`);
    return resultOf(await WPP.chat.sendReactionToMessage(msg.id.toString(), emoji || false));
  },
  edit: async (msg, { text, waId }) => {
    const messageId = keyOf(WPP.chat.get(msg.id.remote), waId);
    const options = { messageId, markIsRead: false, detectMentioned: false, linkPreview: false };
    await WPP.chat.editMessage(msg.id.toString(), text, options);
    return 'OK';
  },
  deletion: async (msg) => {
    if (msg.type === 'revoked') return 'OK';
    const chat = msg.id.remote;
    // Of somebody else's message wa-js would delete our own copy only, and call that a success.
    if (!msg.id.fromMe && !(chat.isGroup() && (await WPP.group.iAmAdmin(chat.toString())))) {
      refuse('not_ours', "only a message's writer or a group's admin can take it back for everyone");
    }
    doneHere.set(msg.id.id, 'deletion');
    const key = msg.id.toString();
    const { isRevoked } = await WPP.chat.deleteMessage(chat.toString(), key, false, true);
    if (!isRevoked) refuse('not_revoked', 'WhatsApp did not take the message back');
    const isThere = () => msg.type !== 'revoked' && (loaded(key)?.type ?? 'revoked') !== 'revoked';
    while (isThere()) await sleep(25); // Python's patience ends it
    return 'OK';
  },
};

calls.remark = async (request) => {
  needConnection();
  const msg = await messageOf(request.about);
  if (!msg) refuse('msg_not_found', 'WhatsApp Web does not have the message that this is about');
  return REMARKS[request.kind](msg, request);
};
