// Messages: the model, and the collection of all of them, which is their one door into the page's memory.
'use strict';
(() => {
  __d('WAWebMsgModel', (exports, require) => {
    const { BaseModel, defineModel } = require('WAWebBaseModel');

    class Msg extends BaseModel {
      get mediaObject() { return this.mediaData ? { type: this.mediaData.type.toUpperCase() } : undefined; }
      get isMedia() { return Boolean(this.mediaData); }
      get isStatusV3() { return false; }
      get sender() { return this.author ?? (this.id.fromMe ? this.from : this.id.participant ?? this.from); }

      get senderObj() {
        const { ContactCollection } = require('WAWebContactCollection');
        const { ContactModel } = require('WAWebContactModel');
        return ContactCollection.get(this.sender) ?? new ContactModel({ id: this.sender });
      }

      msgContextInfo(chatId) {
        return require('SimQuoting').contextOf(this, chatId);
      }

      // An ack never goes back: a late `delivered` does not undo a `read`.
      updateAck(ack) {
        if (ack < 0 || ack > this.ack) this.set('ack', ack);
      }

      async downloadMedia() {
        await require('WAWebMediaDownload').download(this.mediaData);
      }
    }
    exports.MsgModel = defineModel(Msg, 'msg', [
      'id', 'from', 'to', 'author', 'type', 'subtype', 'body', 'caption', 'filename', 'mimetype', 'size', 't',
      'ack', 'isNewMsg', 'mediaData', 'notifyName', 'self', 'local', 'star', 'quotedStanzaID', 'quotedMsg',
      'quotedParticipant', 'mentionedJidList', 'isForwarded', 'forwardingScore', 'duration', 'lat', 'lng',
      'loc', 'vcardFormattedName', 'vcardList', 'pollName', 'pollOptions', 'pollSelectableOptionsCount',
      'latestEditMsgKey', 'latestEditSenderTimestampMs', 'protocolMessageKey', 'filehash',
    ]);
    exports.default = exports.MsgModel;
  });

  __d('WAWebMsgCollection', (exports, require) => {
    const { BaseCollection } = require('WAWebBaseCollection');
    const { MsgModel } = require('WAWebMsgModel');
    const { ChatCollection } = require('WAWebChatCollection');
    const records = require('SimMsgRecord');
    const db = require('SimDb');

    exports.MsgCollectionImpl = class MsgCollection extends BaseCollection {
      async restore() {
        const rows = await db.all('messages');
        rows.sort((one, other) => one.order - other.order);
        for (const row of rows) this.admit(records.fromRow(row));
      }

      // What is known already stays as it is, save what could not be decrypted before.
      admit({ id, type, ...attributes }) {
        const known = this.get(id);
        if (known?.type === 'ciphertext' && type !== 'ciphertext') return known.set({ ...attributes, type });
        if (known) return known;
        const msg = this.addOne({ id, type, ...attributes });
        ChatCollection.ensure(msg.id.remote).hold(msg);
        return msg;
      }

      // wa-js wraps this to see revocations before the page acts on them.
      async processMultipleMessages(chatId, messages) {
        const { isRevocation, apply } = require('SimRevoking');
        for (const each of messages) await (isRevocation(each) ? apply(each) : this.keep(this.admit(each)));
      }

      // A message as stanzas name it; its chat may be here under the partner's other number.
      named({ chat, ...rest }) {
        const { createWid } = require('WAWebWidFactory');
        const other = require('WAWebApiContact').getAlternateUserWid(createWid(chat));
        return [chat, other]
          .filter(Boolean)
          .map((each) => this.get(records.toKey({ ...rest, chat: each })))
          .find(Boolean);
      }

      // With its chat's count: a page that is killed between the two would never count it again.
      async keep(msg) {
        const chat = ChatCollection.ensure(msg.id.remote);
        const row = { store: 'messages', key: msg.id.toString(), value: records.toRow(msg) };
        await db.write([row, ChatCollection.rowOf(chat)]);
      }
    };
    exports.MsgCollection = new exports.MsgCollectionImpl(MsgModel);
  });
})();
