// WhatsApp's constants, as far as wa-js or this page reads them.
'use strict';
(() => {
  const mirror = (...names) => Object.fromEntries(names.map((name) => [name, name]));

  __d('WAWebAck', (exports) => {
    exports.ACK = {
      MD_DOWNGRADE: -7, INACTIVE: -6, CONTENT_UNUPLOADABLE: -5, CONTENT_TOO_BIG: -4, CONTENT_GONE: -3,
      EXPIRED: -2, FAILED: -1, CLOCK: 0, SENT: 1, RECEIVED: 2, READ: 3, PLAYED: 4, PEER: 5,
    };
    exports.ACK_STRING = {
      SENDER: 'sender', DELIVERY: '', READ: 'read', PLAYED: 'played', INACTIVE: 'inactive',
    };
    exports.EDIT_ATTR = { SENDER_REVOKE: 7, ADMIN_REVOKE: 8, MESSAGE_EDIT: 1 };
  });

  __d('WAWebMsgType', (exports) => {
    exports.MSG_TYPE = {
      CHAT: 'chat', IMAGE: 'image', VIDEO: 'video', AUDIO: 'audio', PTT: 'ptt', DOCUMENT: 'document',
      STICKER: 'sticker', LOCATION: 'location', VCARD: 'vcard', MULTI_VCARD: 'multi_vcard',
      POLL_CREATION: 'poll_creation', REVOKED: 'revoked', REACTION: 'reaction', PROTOCOL: 'protocol',
      CIPHERTEXT: 'ciphertext',
      E2E_NOTIFICATION: 'e2e_notification', NOTIFICATION: 'notification', CALL_LOG: 'call_log',
    };
    exports.SYSTEM_MESSAGE_TYPES = ['e2e_notification', 'notification', 'protocol'];
  });

  __d('WAWebOutwardTypes', (exports) => {
    exports.OUTWARD_TYPES = mirror('IMAGE', 'VIDEO', 'AUDIO', 'DOCUMENT', 'STICKER', 'PTT');
  });

  __d('WAWebSocketConstants', (exports) => {
    exports.SOCKET_STATE = mirror(
      'OPENING', 'PAIRING', 'UNPAIRED', 'UNPAIRED_IDLE', 'CONNECTED', 'TIMEOUT', 'CONFLICT', 'UNLAUNCHED',
      'PROXYBLOCK', 'TOS_BLOCK', 'SMB_TOS_BLOCK', 'DEPRECATED_VERSION',
    );
    exports.SOCKET_STREAM = mirror('DISCONNECTED', 'SYNCING', 'RESUMING', 'CONNECTED');
    exports.WATCHED_SOCKET_STATE = mirror('CONNECTED');
  });

  __d('WAWebSendMsgResult', (exports) => {
    exports.SendMsgResult = mirror(
      'OK', 'ERROR_NETWORK', 'ERROR_EXPIRED', 'ERROR_CANCELLED', 'ERROR_UPLOAD', 'ERROR_UNKNOWN',
    );
  });

  __d('WAWebCallState', (exports) => {
    exports.CALL_STATES = mirror(
      'INCOMING_RING', 'OUTGOING_RING', 'ACTIVE', 'ENDED', 'NOT_ANSWERED', 'REJECTED',
    );
  });

  __d('WAWebJids', (exports) => {
    exports.GROUP_JID = '@g.us';
    exports.CHAT_JID = '@c.us';
    exports.STATUS_JID = 'status@broadcast';
  });

  __d('WAWebNonJidMentionType', (exports) => {
    exports.default = { MENTION_ALL: 1 };
  });
})();
