// The way out of a message: into the page's memory with ack 0, over the wire, then the server's word for it.
'use strict';
(() => {
  __d('WAWebSendMsgChatAction', (exports, require) => {
    const { MsgCollection } = require('WAWebMsgCollection');

    // Answers two promises: the message in the chat, and how sending it went.
    exports.addAndSendMsgToChat = async (chat, attributes) => {
      const msg = MsgCollection.admit(attributes);
      const stored = MsgCollection.keep(msg);
      return [stored.then(() => msg), stored.then(() => require('SimSending').transmit(msg))];
    };
  });

  __d('SimSending', (exports, require) => {
    const { MsgCollection } = require('WAWebMsgCollection');
    const { ACK } = require('WAWebAck');
    const { SendMsgResult } = require('WAWebSendMsgResult');

    // Lost on the way, a message keeps ack 0 and goes again once the link is back.
    exports.transmit = async (msg) => {
      try {
        const encrypt = require('WAWebEncryptMsg'); // by name: wa-js wraps both functions
        const protobuf = encrypt.createMsgProtobuf(msg);
        const { refused, result, t } = await encrypt.encryptAndSendMsg({ data: msg }, protobuf);
        msg.updateAck(refused ? ACK.FAILED : ACK.SENT);
        await MsgCollection.keep(msg);
        const messageSendResult = refused ? (result ?? SendMsgResult.ERROR_UNKNOWN) : SendMsgResult.OK;
        return { messageSendResult, t, error: refused };
      } catch {
        return { messageSendResult: SendMsgResult.ERROR_NETWORK, t: null, error: null };
      }
    };

    exports.fail = async (msg) => {
      msg.updateAck(ACK.FAILED);
      await MsgCollection.keep(msg);
    };

    exports.resume = async () => {
      for (const msg of MsgCollection.filter(({ id, ack }) => id.fromMe && ack === ACK.CLOCK)) {
        if (!msg.isMedia || msg.filehash) await exports.transmit(msg);
        else if (!msg.local) await exports.fail(msg); // its file went with the page that was uploading it
      }
    };
  });

  __d('WAWebEncryptMsg', (exports, require) => {
    const wire = require('SimWire');
    const records = require('SimMsgRecord');

    // Not a protobuf, but the place where wa-js looks at the outgoing message.
    exports.createMsgProtobuf = (msg) => {
      const { caption, ...content } = records.content(msg.attributes);
      // wa-js puts the file's name where nobody wrote a caption, and says so; the phone shows no caption then
      return msg.isCaptionByUser === false || caption == null ? content : { ...content, caption };
    };

    exports.encryptAndSendMsg = ({ data: msg }, protobuf) =>
      wire.request('send', { ...protobuf, id: msg.id.id, to: msg.to.toString() });
  });
})();
