// Looking back: pages of a chat around a message, and single messages by name.
'use strict';
(() => {
  __d('WAWebDBMessageFindLocal', (exports, require) => {
    const { ChatCollection } = require('WAWebChatCollection');

    // The `count` messages of the anchor's chat before or after it, oldest first, the anchor itself left out.
    exports.msgFindByDirection = async ({ anchor, count, direction }) => {
      const msgs = ChatCollection.get(anchor.remote)?.msgs.models ?? [];
      const at = msgs.findIndex((msg) => msg.id.equals(anchor));
      if (at < 0) return [];
      const wanted = Math.max(0, Math.min(count, msgs.length));
      if (direction === 'after') return msgs.slice(at + 1, at + 1 + wanted);
      return msgs.slice(Math.max(0, at - wanted), at);
    };
    exports.msgFindBefore = (query) => exports.msgFindByDirection({ ...query, direction: 'before' });
    exports.msgFindAfter = (query) => exports.msgFindByDirection({ ...query, direction: 'after' });
  });

  __d('WAWebDBMessageFindMedia', (exports, require) => {
    const { ChatCollection } = require('WAWebChatCollection');

    exports.msgFindMedia = async ({ chat, count }) => {
      const media = (ChatCollection.get(chat)?.msgs.models ?? []).filter((msg) => msg.isMedia);
      return count > 0 ? media.slice(-count) : [];
    };
  });

  // The profile's messages are all in memory, so nothing remains to be loaded around one.
  __d('WAWebChatMessageSearch', (exports) => {
    exports.getSearchContext = ({ chat }) => ({ collection: chat.msgs });
  });
})();
