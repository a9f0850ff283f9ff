// Passing messages on: the same content under a new name, marked as forwarded.
'use strict';
__d('WAWebChatForwardMessage', (exports, require) => {
  const MsgKey = require('WAWebMsgKey').default;
  const records = require('SimMsgRecord');

  exports.forwardMessages = async ({ chat, msgs, includeCaption }) => {
    const results = [];
    for (const msg of msgs) results.push(await forward(msg, chat, includeCaption));
    return results;
  };

  async function forward(msg, chat, includeCaption) {
    const me = require('SimMe').inChat(chat.id);
    const id = await MsgKey.newId();
    const { quotedStanzaID, caption, mentionedJidList, ...content } = records.content(msg.attributes);
    const [, sent] = await require('WAWebSendMsgChatAction').addAndSendMsgToChat(chat, {
      ...content,
      ...(includeCaption && caption ? { caption, isCaptionByUser: true } : {}),
      id: new MsgKey({ fromMe: true, remote: chat.id, id, participant: chat.id.isGroup() ? me : undefined }),
      from: me,
      to: chat.id,
      self: 'out',
      local: true,
      isNewMsg: true,
      ack: 0,
      t: Math.floor(Date.now() / 1000),
      mediaData: require('WAWebMediaDataModel').mediaDataOf(content),
      isForwarded: true,
      forwardingScore: (msg.forwardingScore ?? 0) + 1,
    });
    return sent;
  }
});
