// The way in: messages for this account, and receipts for what it sent.
'use strict';
(() => {
  __d('WAWebHandleMsg', (exports, require) => {
    const { MsgCollection } = require('WAWebMsgCollection');
    const { ChatCollection } = require('WAWebChatCollection');

    exports.handleSingleMsg = async (chatId, attributes) => {
      const known = MsgCollection.get(attributes.id);
      await MsgCollection.processMultipleMessages(chatId, [attributes]);
      const chat = ChatCollection.get(chatId);
      if (known || attributes.id.fromMe) return;
      // -1 stands for marked unread by hand
      await ChatCollection.setUnread(chat, Math.max(0, chat.unreadCount) + 1);
    };
  });

  __d('WAWebHandleMsgReceipt', (exports, require) => {
    const { MsgCollection } = require('WAWebMsgCollection');
    const MsgKey = require('WAWebMsgKey').default;

    exports.handleChatSimpleReceipt = async ({ from, ack, externalIds }) => {
      for (const id of externalIds) {
        const msg = MsgCollection.get(new MsgKey({ fromMe: true, remote: from, id }));
        if (!msg) continue;
        msg.updateAck(ack);
        await MsgCollection.keep(msg);
      }
    };
  });

  __d('SimReceiving', (exports, require) => {
    const MsgKey = require('WAWebMsgKey').default;
    const records = require('SimMsgRecord');
    const stanzas = require('SimStanzas');
    const { createWid } = require('WAWebWidFactory');
    const { ContactCollection } = require('WAWebContactCollection');

    // What a stanza calls for, looked up by name at each call: wa-js wraps the handlers.
    stanzas.message = async (stanza) => {
      const { fromMe, chat, id, person } = stanza;
      await ContactCollection.keep(person);
      const key = new MsgKey({ fromMe, remote: chat, id });
      const row = { ...stanza, id: key.toString(), ack: fromMe ? stanza.ack : 1 };
      const attributes = { ...records.fromRow(row), isNewMsg: true };
      await require('WAWebHandleMsg').handleSingleMsg(key.remote, attributes);
    };

    stanzas.receipt = ({ chat, ids, ack }) =>
      require('WAWebHandleMsgReceipt').handleChatSimpleReceipt({
        from: createWid(chat),
        ack,
        ackString: ack === 3 ? 'read' : '',
        externalIds: ids,
      });
  });

  __d('WAWebUnreadTypeMsg', (exports) => {
    exports.isUnreadTypeMsg = (msg) => !['protocol', 'notification', 'e2e_notification'].includes(msg.type);
  });

  __d('WATimeUtils', (exports) => {
    exports.unixTime = () => Math.floor(Date.now() / 1000);
    exports.unixTimeMs = () => Date.now();
  });

  __d('WAWebEphemeralFields', (exports) => {
    exports.getEphemeralFields = () => ({});
  });

  __d('WAWebQuotedMsg', (exports) => {
    exports.getQuotedMsgObj = (msg) => msg.quotedMsg;
  });

  __d('WAWebCanReply', (exports) => {
    exports.canReplyMsg = () => true;
  });

  __d('WALinkify', (exports) => {
    exports.findFirstWebLink = (text) => /https?:\/\/\S+/.exec(text)?.[0] ?? null;
  });
})();
