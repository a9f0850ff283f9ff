// Other words for a message, and taking it back: from this page, from the own phone, from whoever wrote it.
'use strict';
(() => {
  const EDITABLE_SECONDS = 15 * 60;

  __d('SimMe', (exports, require) => {
    const me = require('WAWebUserPrefsMeUser');
    exports.isMe = (wid) => [me.getMaybeMePnUser(), me.getMaybeMeLidUser()].some((own) => own?.equals(wid));
    // Under which of our two numbers a chat knows us.
    exports.inChat = (wid) => (wid.isGroup() || wid.isLid() ? me.getMaybeMeLidUser() : me.getMaybeMePnUser());
  });

  // What the server says to a request, in the words of a sent message.
  __d('SimRequests', (exports, require) => {
    const { SendMsgResult } = require('WAWebSendMsgResult');
    exports.resultOf = async (verb, body) => {
      try {
        await require('SimWire').request(verb, body);
        return { messageSendResult: SendMsgResult.OK, t: Math.floor(Date.now() / 1000) };
      } catch (error) {
        const { ERROR_UNKNOWN, ERROR_NETWORK } = SendMsgResult;
        return { messageSendResult: error.refused ? ERROR_UNKNOWN : ERROR_NETWORK, t: null };
      }
    };
  });

  __d('WAWebMsgActionCapability', (exports) => {
    const isFresh = (msg) =>
      msg.id.fromMe && msg.ack > 0 && Date.now() / 1000 - msg.t < EDITABLE_SECONDS;
    exports.canEditText = (msg) => isFresh(msg) && msg.type === 'chat';
    exports.canEditCaption = (msg) => isFresh(msg) && msg.isMedia && Boolean(msg.caption);
  });

  __d('WAWebSendMessageEditAction', (exports, require) => {
    const { MsgCollection } = require('WAWebMsgCollection');
    const records = require('SimMsgRecord');

    // Rejects when the server will not have it; the message keeps its words then.
    exports.addAndSendMessageEdit = async (msg, { id, body, latestEditSenderTimestampMs }) => {
      const target = { chat: String(msg.id.remote), id: msg.id.id };
      await require('SimWire').request('edit', { ...target, text: body, remark: id.id });
      await change(msg, body, id, latestEditSenderTimestampMs);
    };

    require('SimStanzas').edit = async ({ key, byMe, body, caption, at, remark }) => {
      const msg = MsgCollection.named(key);
      const id = records.toKey({ ...key, id: remark, fromMe: byMe });
      if (msg) await change(msg, body ?? caption, id, Math.floor(at * 1000));
    };

    async function change(msg, text, latestEditMsgKey, latestEditSenderTimestampMs) {
      const words = msg.type === 'chat' ? { body: text } : { caption: text };
      msg.set({ ...words, latestEditSenderTimestampMs, latestEditMsgKey });
      await MsgCollection.keep(msg);
    }
  });

  __d('SimRevoking', (exports, require) => {
    const { MsgCollection } = require('WAWebMsgCollection');
    const records = require('SimMsgRecord');
    const { createWid } = require('WAWebWidFactory');
    const GONE = ['body', 'caption', 'mediaData', 'filehash', 'pollOptions', 'quotedMsg'];

    exports.isRevocation = ({ type, subtype }) => type === 'protocol' && /revoke$/.test(subtype);

    exports.apply = async ({ protocolMessageKey, subtype }) => {
      const msg = MsgCollection.get(protocolMessageKey);
      if (!msg) return;
      const nothing = Object.fromEntries(GONE.map((name) => [name, undefined]));
      msg.set({ ...nothing, subtype: subtype.replace('_revoke', ''), type: 'revoked' });
      await MsgCollection.keep(msg);
    };

    // From this page.
    exports.revoke = async (chat, { list }) => {
      for (const { id } of list) {
        await require('SimWire').request('revoke', { chat: String(chat.id), id: id.id });
        const subtype = id.fromMe ? 'sender_revoke' : 'admin_revoke';
        await exports.apply({ protocolMessageKey: id, subtype });
      }
    };

    // From elsewhere: it comes as a message of its own, which wa-js looks at.
    require('SimStanzas').revoke = ({ key, by, byMe, subtype, at, remark }) => {
      const target = MsgCollection.named(key)?.id ?? records.toKey(key);
      const participant = key.participant && by;
      return require('WAWebHandleMsg').handleSingleMsg(target.remote, {
        id: records.toKey({ chat: target.remote, id: remark, fromMe: byMe, participant }),
        from: byMe || !participant ? createWid(by) : target.remote,
        to: byMe ? target.remote : require('SimMe').inChat(target.remote),
        author: participant && createWid(by),
        t: Math.floor(at),
        type: 'protocol',
        subtype,
        protocolMessageKey: target,
        isNewMsg: true,
      });
    };

    // Only from this page's own sight.
    exports.forget = async (chat, { list }) => {
      for (const msg of list) {
        chat.msgs.remove(msg);
        MsgCollection.remove(msg);
        await require('SimDb').remove('messages', String(msg.id));
      }
    };
  });
})();
