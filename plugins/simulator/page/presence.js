// Who is online and who is typing: what this page tells the others, and room for what they tell it.
'use strict';
(() => {
  __d('WAWebPresenceCollection', (exports, require) => {
    const { BaseModel, defineModel } = require('WAWebBaseModel');
    const { BaseCollection } = require('WAWebBaseCollection');

    class Presence extends BaseModel {
      async subscribe() {
        this.set('isSubscribed', true);
      }
    }
    exports.Presence = defineModel(Presence, 'presence', [
      'id', 'isOnline', 'isSubscribed', 'chatstate', 'hasData',
    ]);
    exports.Chatstate = defineModel(class Chatstate extends BaseModel {}, 'chatstate', [
      'id', 'type', 't', 'deny',
    ]);
    exports.ChatstateCollection = class ChatstateCollection extends BaseCollection {};

    class PresenceCollection extends BaseCollection {
      of(id) {
        return this.get(id) ?? this.addOne({ id, isOnline: false, chatstate: new exports.Chatstate({ id }) });
      }
    }
    // Only the instance is exported: wa-js would take a class of the name for the store.
    exports.PresenceCollection = new PresenceCollection(exports.Presence);
  });

  __d('WAWebChatPresence', (exports, require) => {
    const wire = require('SimWire');
    const tell = async (chat, state) => wire.send({ type: 'presence', chat: chat.id.toString(), state });
    exports.markComposing = (chat) => tell(chat, 'composing');
    exports.markRecording = (chat) => tell(chat, 'recording');
    exports.markPaused = (chat) => tell(chat, 'paused');
  });

  __d('WAWebContactPresenceBridge', (exports) => {
    exports.subscribePresence = async () => {};
    exports.subscribeGroupPresence = async () => {};
  });
})();
