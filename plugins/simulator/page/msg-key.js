// The name of a message: `<fromMe>_<chat>_<id>`, in groups `..._<participant>`.
'use strict';
__d('WAWebMsgKey', (exports, require) => {
  const { createWid } = require('WAWebWidFactory');

  exports.default = class MsgKey {
    constructor(parts) {
      // wa-js knows this class by the following text
      if (!parts) throw new Error('MsgKey error: obj is null/undefined');
      if (!parts.id) throw new Error('MsgKey error: no id');
      this.fromMe = parts.fromMe ?? parts.selfDir === 'out';
      this.remote = createWid(parts.remote ?? (this.fromMe ? parts.to : parts.from));
      this.id = parts.id;
      if (parts.participant) this.participant = createWid(parts.participant);
      const own = [this.fromMe, this.remote, this.id];
      this._serialized = (this.participant ? [...own, this.participant] : own).join('_');
    }

    toString() { return this._serialized; }
    equals(other) { return other != null && other.toString() === this._serialized; }
    clone() { return new MsgKey(this); }

    static fromString(text) {
      const match = /^(true|false)_([^_]+)_([^_]+)(?:_(.+))?$/.exec(text);
      if (!match) throw new Error(`MsgKey error: cannot parse ${text}`);
      const [, fromMe, remote, id, participant] = match;
      return new MsgKey({ fromMe: fromMe === 'true', remote, id, participant });
    }

    static from(value) {
      return value instanceof MsgKey ? value : MsgKey.fromString(String(value));
    }

    static async newId() {
      return `3EB0${require('WARandomHex').randomHex(9)}`;
    }
  };
});

__d('WARandomHex', (exports) => {
  exports.randomHex = (bytes) =>
    [...crypto.getRandomValues(new Uint8Array(bytes))]
      .map((byte) => byte.toString(16).padStart(2, '0').toUpperCase())
      .join('');
});
