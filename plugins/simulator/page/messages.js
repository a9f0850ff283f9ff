// Messages: the model, the collection of all of them, and how each is written to and read from the profile.
'use strict';
(() => {
  __d('WAWebMsgModel', (exports, require) => {
    const { BaseModel, defineModel } = require('WAWebBaseModel');

    class Msg extends BaseModel {
      get mediaObject() { return this.mediaData ? { type: this.mediaData.type.toUpperCase() } : undefined; }
      get isMedia() { return Boolean(this.mediaData); }
      get isStatusV3() { return false; }

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

      // The one door for messages into the page's memory; what is known already stays as it is.
      admit(attributes) {
        const known = this.get(attributes.id);
        if (known) return known;
        const msg = this.addOne(attributes);
        ChatCollection.ensure(msg.id.remote).hold(msg);
        return msg;
      }

      // wa-js wraps this to see revocations before the page acts on them.
      async processMultipleMessages(chatId, messages) {
        for (const each of messages) await this.keep(this.admit(each));
      }

      async keep(msg) {
        await db.put('messages', msg.id.toString(), records.toRow(msg));
      }
    };
    exports.MsgCollection = new exports.MsgCollectionImpl(MsgModel);
  });

  // A message between three forms: the model's attributes, the row in the profile, the stanza on the wire.
  __d('SimMsgRecord', (exports, require) => {
    const MsgKey = require('WAWebMsgKey').default;
    const { createWid } = require('WAWebWidFactory');
    const { mediaDataOf } = require('WAWebMediaDataModel');
    const PLAIN = [
      'type', 'body', 'caption', 'filename', 'mimetype', 'size', 'filehash', 't', 'ack', 'notifyName',
    ];
    let last = 0;

    exports.pick = (source) =>
      Object.fromEntries(PLAIN.filter((name) => source[name] != null).map((name) => [name, source[name]]));

    exports.fromRow = (row) => {
      last = Math.max(last, row.order ?? 0);
      return {
        ...exports.pick(row),
        id: MsgKey.fromString(row.id),
        from: createWid(row.from),
        to: createWid(row.to),
        self: row.id.startsWith('true') ? 'out' : 'in',
        mediaData: mediaDataOf(row),
        order: row.order,
      };
    };

    exports.toRow = (msg) => {
      if (!msg.order) msg.order = ++last;
      const [id, from, to] = [msg.id, msg.from, msg.to].map(String);
      return { ...exports.pick(msg.attributes), id, from, to, order: msg.order };
    };
  });
})();
