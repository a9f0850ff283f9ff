// Who: `972501234567@c.us` is a person by phone number, `1234@lid` the same person by WhatsApp's own number,
// `...@g.us` a group. Two Wids of the same text are equal; a device suffix (`:3`) is no part of the user.
'use strict';
(() => {
  __d('WAWebWid', (exports) => {
    const SERVERS = new Set(['c.us', 'lid', 'g.us', 'broadcast', 'newsletter', 'bot', 'call']);

    class Wid {
      constructor(text) {
        const [, user, device, server] = /^(.*?)(?::(\d+))?@(.*)$/.exec(text) ?? [];
        const known = server === 's.whatsapp.net' ? 'c.us' : server;
        if (!user || !SERVERS.has(known)) throw new Error('wid error: invalid wid');
        this.server = known;
        this.user = user;
        if (device) this.device = Number(device);
        this._serialized = device ? `${user}:${device}@${known}` : `${user}@${known}`;
      }

      toString() { return this._serialized; }
      toJid() { return this._serialized.replace(/c\.us$/, 's.whatsapp.net'); }
      toLogString() { return `${this.server}:${this.user.length}`; }
      equals(other) { return other != null && other.toString() === this._serialized; }
      isUser() { return ['c.us', 'lid', 'bot'].includes(this.server); }
      isLid() { return this.server === 'lid'; }
      isRegularUser() { return this.isUser(); }
      isRegularUserPn() { return this.server === 'c.us'; }
      isGroup() { return this.server === 'g.us'; }
      isBot() { return this.server === 'bot'; }
      isNewsletter() { return this.server === 'newsletter'; }
      isBroadcast() { return this.server === 'broadcast'; }
      isStatusV3() { return this._serialized === 'status@broadcast'; }
      isStatus() { return this.isStatusV3(); }
      isPSA() { return this._serialized === '0@c.us'; }

      static isWid(value) {
        try {
          return Boolean(new Wid(String(value)));
        } catch {
          return false;
        }
      }

      static isGroup(value) { return Wid.isXWid('g.us', value); }
      static isStatusV3(value) { return String(value) === 'status@broadcast'; }

      static isXWid(server, value) {
        return Wid.isWid(value) && new Wid(String(value)).server === server;
      }
    }
    exports.default = Wid;
  });

  __d('WAWebWidFactory', (exports, require) => {
    const Wid = require('WAWebWid').default;
    const known = new Map(); // one object per text: WhatsApp compares Wids by identity in places

    exports.createWid = (text) => {
      const wid = new Wid(String(text));
      if (!known.has(wid._serialized)) known.set(wid._serialized, wid);
      return known.get(wid._serialized);
    };
    exports.createUserWid = (user, server = 'c.us') =>
      exports.createWid(user.includes('@') ? user : `${user}@${server}`);
    exports.createUserWidOrThrow = exports.createUserWid;
    exports.createDeviceWid = exports.createWid;
    exports.isWidlike = (value) => value instanceof Wid;
    exports.createWidFromWidLike = (value) => exports.createWid(value._serialized);
    exports.toUserWid = (wid) => exports.createWid(`${wid.user}@${wid.server}`);
    exports.asUserWidOrThrow = exports.toUserWid;
  });
})();
