// Conversations: one model a chat, its messages inside, its unread count kept across restarts.
'use strict';
(() => {
  __d('WAWebChatModel', (exports, require) => {
    const { BaseModel, defineModel } = require('WAWebBaseModel');
    const { BaseCollection } = require('WAWebBaseCollection');
    const { MsgModel } = require('WAWebMsgModel');

    class Chat extends BaseModel {
      constructor(attributes) {
        super({ unreadCount: 0, t: 0, promises: {}, archive: false, ...attributes });
        this.msgs = new BaseCollection(MsgModel);
        this.presence = require('WAWebPresenceCollection').PresenceCollection.of(this.id);
      }

      get contact() { return require('WAWebContactCollection').ContactCollection.get(this.id); }
      get formattedTitle() { return this.name ?? this.contact?.pushname ?? `+${this.id.user}`; }

      // Every message of the chat passes here, old ones from the store and new ones from anywhere.
      hold(msg) {
        this.set({ lastReceivedKey: msg.id, t: msg.t });
        this.msgs.addOne(msg);
      }
    }
    exports.ChatModel = defineModel(Chat, 'chat', [
      'id', 'name', 'unreadCount', 't', 'lastReceivedKey', 'archive', 'pin', 'active', 'groupMetadata',
    ]);
  });

  __d('WAWebChatCollection', (exports, require) => {
    const { BaseCollection } = require('WAWebBaseCollection');
    const { ChatModel } = require('WAWebChatModel');
    const { createWid } = require('WAWebWidFactory');
    const db = require('SimDb');

    exports.ChatCollectionImpl = class ChatCollection extends BaseCollection {
      async restore() {
        for (const { id, unreadCount } of await db.all('chats')) {
          this.addOne({ id: createWid(id), unreadCount });
        }
      }

      ensure(wid) {
        return this.get(wid) ?? this.addOne({ id: wid });
      }

      async setUnread(chat, unreadCount) {
        chat.set('unreadCount', unreadCount);
        await this.keep(chat);
      }

      rowOf({ id, unreadCount }) {
        return { store: 'chats', key: id.toString(), value: { id: id.toString(), unreadCount } };
      }

      async keep(chat) {
        await db.write([this.rowOf(chat)]);
      }
    };
    exports.ChatCollection = new exports.ChatCollectionImpl(ChatModel);
  });

  __d('WAWebFindChatAction', (exports, require) => {
    const { ChatCollection } = require('WAWebChatCollection');

    // The chat that there is with a person may be under the other number.
    const known = (wid) =>
      [wid, require('WAWebApiContact').getAlternateUserWid(wid)]
        .map((each) => each && ChatCollection.get(each))
        .find(Boolean);

    exports.findOrCreateLatestChat = async (wid) => {
      const chat = known(wid);
      return { chat: chat ?? ChatCollection.ensure(wid), created: !chat };
    };
    exports.findChat = async (wid) => known(wid) ?? ChatCollection.ensure(wid);
    exports.findExistingChat = async (wid) => ChatCollection.get(wid);
  });

  __d('WAWebChatGetters', (exports) => {
    Object.assign(exports, {
      getShouldAppearInList: () => true,
      getPreviewMessage: (chat) => chat.msgs.models.at(-1),
      getShowChangeNumberNotification: () => false,
      getShouldShowUnreadDivider: (chat) => chat.unreadCount > 0,
      getHasUnread: (chat) => chat.unreadCount !== 0,
      isFilterExcludedFromSearchTreatmentInInboxFlow: () => false,
    });
  });

  // Reading a chat clears its unread count and tells the writer.
  __d('WAWebUpdateUnreadChatAction', (exports, require) => {
    const { ChatCollection } = require('WAWebChatCollection');
    const wire = require('SimWire');

    exports.sendSeen = async ({ chat }) => {
      if (chat.unreadCount === 0) return;
      await ChatCollection.setUnread(chat, 0);
      await wire.request('seen', { chat: chat.id.toString() });
    };
    exports.markUnread = (chat, unread) => ChatCollection.setUnread(chat, unread ? -1 : 0);
  });
})();
