// Reactions: one emoji by each person on each message, ours and everybody's, kept in the profile.
'use strict';
(() => {
  __d('SimReactions', (exports, require) => {
    const db = require('SimDb');
    const byMessage = new Map(); // key of the message -> Map of sender -> the reaction

    exports.of = (key) => [...(byMessage.get(key)?.values() ?? [])];

    exports.restore = async () => {
      for (const each of await db.all('reactions')) set(each);
    };

    exports.keep = async (reaction) => {
      set(reaction);
      await db.put('reactions', `${reaction.parentMsgKey} ${reaction.senderUserJid}`, reaction);
    };

    // An empty one stays as the fact that there is none any more.
    function set(reaction) {
      if (!byMessage.has(reaction.parentMsgKey)) byMessage.set(reaction.parentMsgKey, new Map());
      byMessage.get(reaction.parentMsgKey).set(reaction.senderUserJid, reaction);
    }
  });

  __d('WAWebReactionsActions', (exports, require) => {
    // `isNew`: it has just happened; wa-js tells only of such ones.
    exports.addOrUpdateReactionsModelCollection = (reaction, isNew) => require('SimReactions').keep(reaction);
  });

  __d('WAWebGetReactions', (exports, require) => {
    const { isMe } = require('SimMe');
    const { createWid } = require('WAWebWidFactory');
    const byMe = ({ senderUserJid }) => isMe(createWid(senderUserJid));

    // Grouped by emoji, as the page shows them below a message.
    exports.getReactions = async (key) => {
      const all = require('SimReactions').of(String(key)).filter(({ reactionText }) => reactionText);
      const emojis = [...new Set(all.map(({ reactionText }) => reactionText))];
      const reactions = emojis.map((aggregateEmoji) => {
        const senders = all.filter(({ reactionText }) => reactionText === aggregateEmoji);
        return { aggregateEmoji, hasReactionByMe: senders.some(byMe), senders };
      });
      return { reactions, reactionByMe: all.find(byMe) };
    };
  });

  __d('WAWebSendReactionMsgAction', (exports, require) => {
    const MsgKey = require('WAWebMsgKey').default;
    const { SendMsgResult } = require('WAWebSendMsgResult');
    const { resultOf } = require('SimRequests');

    exports.sendReactionToMsg = async (msg, reactionText) => {
      const { remote, id } = msg.id;
      const me = require('SimMe').inChat(remote);
      const result = await resultOf('react', { chat: String(remote), id, emoji: reactionText });
      if (result.messageSendResult !== SendMsgResult.OK) return result;
      const key = new MsgKey({
        fromMe: true,
        remote,
        id: await MsgKey.newId(),
        participant: remote.isGroup() ? me : undefined,
      });
      await show({ key, parent: msg.id, sender: me, reactionText, t: Date.now() / 1000 });
      return result;
    };

    require('SimStanzas').reaction = async ({ key, by, byMe, emoji, at, remark }) => {
      const { toKey } = require('SimMsgRecord');
      const parent = require('WAWebMsgCollection').MsgCollection.named(key)?.id ?? toKey(key);
      const own = toKey({ ...key, id: remark, fromMe: byMe, participant: key.participant && by });
      await show({ key: own, parent, sender: by, reactionText: emoji, t: at });
    };

    const show = ({ key, parent, sender, reactionText, t }) =>
      require('WAWebReactionsActions').addOrUpdateReactionsModelCollection(
        {
          msgKey: String(key),
          parentMsgKey: String(parent),
          senderUserJid: String(sender),
          reactionText,
          t: Math.floor(t),
          timestamp: Math.floor(t * 1000),
          read: false,
          orphan: 0,
        },
        true,
      );
  });
})();
