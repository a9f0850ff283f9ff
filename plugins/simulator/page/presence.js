// Who is online and who is typing: what this page tells the others, and room for what they tell it.
'use strict';
(() => {
  __d('WAWebPresenceCollection', (exports, require) => {
    const { BaseModel, defineModel } = require('WAWebBaseModel');
    const { BaseCollection } = require('WAWebBaseCollection');

    const WORDS = {
      composing: 'composing', recording: 'recording_audio', paused: 'available', available: 'available',
      unavailable: 'unavailable',
    };

    class Presence extends BaseModel {
      async subscribe() {
        this.set('isSubscribed', true);
      }
    }
    exports.Presence = defineModel(Presence, 'presence', [
      'id', 'isOnline', 'isSubscribed', 'isUser', 'isGroup', 'chatstate', 'chatstates', 'hasData',
    ]);
    exports.Chatstate = defineModel(class Chatstate extends BaseModel {}, 'chatstate', [
      'id', 'type', 't', 'deny',
    ]);
    exports.ChatstateCollection = class ChatstateCollection extends BaseCollection {};

    class PresenceCollection extends BaseCollection {
      of(id) {
        const known = this.get(id);
        if (known) return known;
        const chatstate = new exports.Chatstate({ id });
        const chatstates = new exports.ChatstateCollection(exports.Chatstate);
        const [isUser, isGroup] = [id.isUser(), id.isGroup()];
        return this.addOne({ id, isOnline: false, isUser, isGroup, chatstate, chatstates });
      }

      // Somebody is seen doing something; in a group the chat's own state is that of whoever was last.
      show(id, participant, state) {
        const presence = this.of(id);
        const type = WORDS[state];
        presence.set({ hasData: true, isOnline: state !== 'unavailable' });
        if (participant) presence.chatstates.addOne({ id: participant, type });
        presence.chatstate.set('t', Math.floor(Date.now() / 1000));
        presence.chatstate.set('type', type);
        this.trigger('change:chatstate.type', presence.chatstate, type);
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

  __d('WAWebContactPresenceBridge', (exports, require) => {
    const { createWid } = require('WAWebWidFactory');
    require('SimStanzas').shown = ({ chat, participant, state }) =>
      require('WAWebPresenceCollection').PresenceCollection.show(
        createWid(chat),
        participant && createWid(participant),
        state,
      );
    exports.subscribePresence = async () => {};
    exports.subscribeGroupPresence = async () => {};
  });
})();
