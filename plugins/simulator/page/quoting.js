// Answers to a message: what the answer says of it, and the message found again.
'use strict';
(() => {
  __d('SimQuoting', (exports, require) => {
    const records = require('SimMsgRecord');

    // What an answer to `msg` carries of it; in another chat than its own it says where it is from.
    exports.contextOf = (msg, chatId) => ({
      quotedMsg: records.content(msg.attributes),
      quotedStanzaID: msg.id.id,
      quotedParticipant: msg.sender,
      ...(chatId && !msg.id.remote.equals(chatId) ? { quotedRemoteJid: msg.id.remote } : {}),
    });
  });

  __d('WAWebQuotedMsg', (exports, require) => {
    const MsgKey = require('WAWebMsgKey').default;
    const { MsgModel } = require('WAWebMsgModel');
    const { MsgCollection } = require('WAWebMsgCollection');
    const { isMe } = require('SimMe');

    // The message itself, or what the answer tells of one that this page has never seen.
    exports.getQuotedMsgObj = ({ id: { remote }, quotedStanzaID: id, quotedParticipant, quotedMsg }) => {
      if (!quotedMsg || !quotedParticipant) return undefined;
      const participant = remote.isGroup() ? quotedParticipant : undefined;
      const key = new MsgKey({ fromMe: isMe(quotedParticipant), remote, id, participant });
      return MsgCollection.get(key) ?? new MsgModel({ ...quotedMsg, id: key, from: quotedParticipant });
    };
  });

  __d('WAWebCanReply', (exports) => {
    exports.canReplyMsg = (msg) => msg.type !== 'revoked' && msg.type !== 'ciphertext';
  });
})();
