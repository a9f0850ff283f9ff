// The way in: messages for this account, and receipts for what it sent.
'use strict';
(() => {
  __d('WAWebHandleMsg', (exports, require) => {
    const { MsgCollection } = require('WAWebMsgCollection');
    const { ChatCollection } = require('WAWebChatCollection');

    exports.handleSingleMsg = async (chatId, attributes) => {
      const { isUnreadTypeMsg } = require('WAWebUnreadTypeMsg');
      const isNew = !MsgCollection.get(attributes.id) && !attributes.id.fromMe && isUnreadTypeMsg(attributes);
      const chat = isNew && ChatCollection.ensure(chatId);
      // before anybody hears of the message, who may read it at once; -1 stands for marked unread by hand
      if (chat) chat.set('unreadCount', Math.max(0, chat.unreadCount) + 1);
      await MsgCollection.processMultipleMessages(chatId, [attributes]);
    };
  });

  __d('SimReceipts', (exports, require) => {
    const { MsgCollection } = require('WAWebMsgCollection');

    exports.raise = async (chat, ack, ids) => {
      const participant = chat.isGroup() ? require('SimMe').inChat(chat) : undefined;
      for (const id of ids) {
        const msg = MsgCollection.named({ fromMe: true, chat: chat.toString(), id, participant });
        if (!msg) continue;
        msg.updateAck(ack);
        await MsgCollection.keep(msg);
      }
    };
  });

  __d('WAWebHandleMsgReceipt', (exports, require) => {
    exports.handleChatSimpleReceipt = ({ from, ack, externalIds }) =>
      require('SimReceipts').raise(from, ack, externalIds);
  });

  __d('SimReceiving', (exports, require) => {
    const records = require('SimMsgRecord');
    const stanzas = require('SimStanzas');
    const { createWid } = require('WAWebWidFactory');
    const { ACK, ACK_STRING } = require('WAWebAck');
    const ackStrings = { [ACK.READ]: ACK_STRING.READ, [ACK.PLAYED]: ACK_STRING.PLAYED };

    // What a stanza calls for, looked up by name at each call: wa-js wraps the handlers.
    stanzas.message = async ({ people, ...stanza }) => {
      const { fromMe, participant, ack } = stanza;
      const key = records.toKey(stanza);
      const row = { ...stanza, id: key.toString(), author: participant, ack: fromMe ? ack : 1 };
      const attributes = { ...records.fromRow(row), isNewMsg: true };
      await require('WAWebHandleMsg').handleSingleMsg(key.remote, attributes);
    };

    stanzas.people = async ({ people }) => {
      for (const person of people) await require('WAWebContactCollection').ContactCollection.keep(person);
    };

    stanzas.receipt = ({ chat, participant, ids, ack, total }) => {
      const receipt = { from: createWid(chat), ack, ackString: ackStrings[ack] ?? '', externalIds: ids };
      if (!participant) return require('WAWebHandleMsgReceipt').handleChatSimpleReceipt(receipt);
      return require('WAWebHandleGroupMsgReceipt').handleGroupSimpleReceipt({
        ...receipt,
        participant: createWid(participant),
        total,
      });
    };
  });

  // Voice messages and videos that this page plays: their authors see it.
  __d('WAWebMarkPlayed', (exports, require) => {
    const { MsgCollection } = require('WAWebMsgCollection');
    exports.canMarkPlayed = (msg) => !msg.id.fromMe && ['ptt', 'video'].includes(msg.type);
    exports.markPlayed = async (msg) => {
      if (!exports.canMarkPlayed(msg)) return;
      await require('SimWire').request('played', { chat: String(msg.id.remote), id: msg.id.id });
      msg.updateAck(require('WAWebAck').ACK.PLAYED);
      await MsgCollection.keep(msg);
    };
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

  __d('WALinkify', (exports) => {
    exports.findFirstWebLink = (text) => /https?:\/\/\S+/.exec(text)?.[0] ?? null;
  });
})();
