// From the QR to a linked page, back after a restart, and out again.
'use strict';
__d('SimLogin', (exports, require) => {
  const wire = require('SimWire');
  const identity = require('SimIdentity');
  const me = require('WAWebUserPrefsMeUser');
  const { Conn } = require('WAWebConnModel');
  const { Socket } = require('WAWebSocketModel');
  const { Stream } = require('WAWebStreamModel');
  const { Cmd } = require('WAWebCmd');
  const network = require('WAWebNetworkStatus').default;

  exports.linkUp = () => {
    network.set('online', true);
    Socket.set('state', 'PAIRING');
    wire.send({ type: 'hello', keys: identity.publicKeys(), device: me.getMe()?.toString() ?? null });
  };

  exports.linkDown = () => {
    network.set('online', false);
    Socket.set('state', 'TIMEOUT');
    Stream.set('info', 'OFFLINE');
  };

  exports.refresh = () => wire.send({ type: 'refresh' });

  exports.logOut = async () => {
    await wire.request('logout', {}).catch(() => {}); // with no link the page still forgets the login
    await leave('user_initiated');
  };

  exports.frames = {
    // Not linked: show this reference, until the next one comes or nobody cares any more.
    async ref({ ref, ttl }) {
      Socket.set('state', 'UNPAIRED');
      Stream.set({ mode: 'QR', info: 'OPENING' });
      Conn.set({ refTTL: ttl, ref });
      await require('SimScreen').showQr();
    },

    idle() {
      Socket.set('state', 'UNPAIRED_IDLE');
      require('SimScreen').showIdle();
    },

    // Somebody's phone scanned the QR.
    paired(frame) {
      Socket.set('state', 'PAIRING');
      Stream.set('info', 'PAIRING');
      me.setMe(frame.me);
      Conn.set('ref', undefined);
      welcome(frame, 'SYNCING');
    },

    // Linked before: prove that we hold the key of this device.
    async challenge({ nonce }) {
      wire.send({ type: 'proof', signature: await identity.sign(nonce) });
    },

    welcome(frame) {
      welcome(frame, 'RESUMING');
    },

    async caught_up() {
      await require('SimSending').resume();
      Stream.set('info', 'NORMAL');
    },

    async logout({ reason }) {
      await leave(reason);
    },

    // Another browser opened with this login: the last one wins, this one stands still.
    conflict() {
      wire.close();
      Socket.set('state', 'CONFLICT');
      Stream.set('mode', 'CONFLICT');
    },
  };

  function welcome({ me: { pn, name } }, info) {
    require('WAWebLidPnCache').lidPnCache.learn(pn, String(me.getMaybeMeLidUser()));
    Conn.set({ connected: true, wid: me.getMaybeMePnUser(), pushname: name });
    Socket.set({ state: 'CONNECTED', stream: 'CONNECTED' });
    Stream.set({ mode: 'MAIN', info });
    Cmd.mainLoaded();
    require('SimScreen').showChats(pn, name);
  }

  async function leave(reason) {
    wire.close();
    const codes = require('WAWebLogoutReasonCode'); // by name: wa-js listens on this very function
    codes.setPrevLogoutReasonCode(codes.getErrorCodeFromLogoutReason(reason));
    await require('SimDb').wipe();
    Cmd.trigger('logout', reason);
    location.reload();
  }
});
