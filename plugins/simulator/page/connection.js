// What the page knows of its own connection: the models from which wa-js reads state and hears of changes.
'use strict';
(() => {
  // Linked or not is written where it can be read at once, before any database is open, as WhatsApp does.
  __d('WAWebUserPrefsMeUser', (exports, require) => {
    const { createWid } = require('WAWebWidFactory');
    const read = (key) => {
      const text = localStorage.getItem(key);
      return text ? createWid(text) : undefined;
    };
    const orThrow = (wid) => {
      if (!wid) throw new Error('me user: nobody is logged in');
      return wid;
    };
    exports.getMaybeMePnUser = () => read('last-wid-pn');
    exports.getMaybeMeUser = exports.getMaybeMePnUser;
    exports.getMaybeMeLidUser = () => read('last-wid-lid');
    exports.getMePnUserOrThrow = () => orThrow(exports.getMaybeMePnUser());
    exports.getMeLidUserOrThrow = () => orThrow(exports.getMaybeMeLidUser());
    exports.getMe = () => read('last-wid-device');
    exports.setMe = ({ pn, lid, device }) => {
      localStorage.setItem('last-wid-pn', pn);
      localStorage.setItem('last-wid-lid', lid);
      localStorage.setItem('last-wid-device', device);
    };
  });

  __d('WAWebLoginState', (exports, require) => {
    exports.isLoggedIn = () => Boolean(require('WAWebUserPrefsMeUser').getMaybeMePnUser());
  });

  __d('WAWebRegistration', (exports, require) => {
    exports.isRegistered = () => require('WAWebLoginState').isLoggedIn();
  });

  __d('WAWebConnModel', (exports, require) => {
    const { BaseModel, defineModel } = require('WAWebBaseModel');
    exports.ConnImpl = defineModel(class Conn extends BaseModel {}, 'conn', [
      'ref', 'refTTL', 'connected', 'platform', 'pushname', 'wid', 'isSMB',
    ]);
    exports.Conn = new exports.ConnImpl({ platform: 'android', connected: false });
  });

  __d('WAWebSocketModel', (exports, require) => {
    const { BaseModel, defineModel } = require('WAWebBaseModel');
    class Socket extends BaseModel {
      logout() { return require('SimLogin').logOut(); }
      poke() { require('SimLogin').refresh(); }
    }
    exports.Socket = new (defineModel(Socket, 'socket', ['state', 'stream']))({
      state: 'OPENING',
      stream: 'DISCONNECTED',
    });
  });

  __d('WAWebStreamModel', (exports, require) => {
    const { BaseModel, defineModel } = require('WAWebBaseModel');
    class Stream extends BaseModel {
      markAvailable() { this.appear(true); }
      markUnavailable() { this.appear(false); }

      appear(available) {
        this.set('available', available);
        require('SimWire').send({ type: 'appear', available });
      }
    }
    exports.Stream = new (defineModel(Stream, 'stream', ['mode', 'info', 'available', 'needsUpdate']))({
      info: 'OPENING',
      needsUpdate: false,
    });
  });

  __d('WAWebCmd', (exports, require) => {
    const EventEmitter = require('WAWebEventEmitter').default;
    exports.CmdImpl = class Cmd extends EventEmitter {
      isMainLoaded = false;

      mainLoaded() {
        if (this.isMainLoaded) return;
        this.isMainLoaded = true;
        this.trigger('main_loaded');
      }

      refreshQR() { require('SimLogin').refresh(); }
      sendRevokeMsgs(chat, selection) { return require('SimRevoking').revoke(chat, selection); }
      sendDeleteMsgs(chat, selection) { return require('SimRevoking').forget(chat, selection); }
    };
    exports.Cmd = new exports.CmdImpl();
  });

  __d('WAWebNetworkStatus', (exports, require) => {
    const { BaseModel, defineModel } = require('WAWebBaseModel');
    class NetworkStatus extends BaseModel {
      checkOnline() { return this.online; }
    }
    exports.default = new (defineModel(NetworkStatus, 'network_status', ['online']))({ online: false });
  });

  __d('WAWebBackendEventBus', (exports, require) => {
    const EventEmitter = require('WAWebEventEmitter').default;
    exports.BackendEvent = {};
    exports.BackendEventBus = new EventEmitter();
  });

  __d('WAWebLogoutReason', (exports) => {
    exports.LogoutReason = {
      UserInitiated: 'user_initiated', // somebody pressed Log out in this page
      PrimaryIdentityKeyChange: 'primary_identity_key_change',
      AccountSyncError: 'account_sync_error',
      SyncdFailure: 'syncd_failure',
      StorageQuotaExceeded: 'storage_quota_exceeded',
      ClientVersionOutdated: 'client_version_outdated',
      AccountLocked: 'account_locked', // WhatsApp closed the account
      UnknownCompanion: 'unknown_companion', // the phone took this device off its list
    };
    exports.LOGOUT_REASON_CODE = { CLIENT_FATAL: '0', SYNC_FAIL: '1', ACCOUNT_LOCKED: '3' };
  });

  __d('WAWebLogoutReasonCode', (exports, require) => {
    const { LOGOUT_REASON_CODE } = require('WAWebLogoutReason');
    const { CLIENT_FATAL, SYNC_FAIL, ACCOUNT_LOCKED } = LOGOUT_REASON_CODE;
    const codes = { account_locked: ACCOUNT_LOCKED, account_sync_error: SYNC_FAIL, syncd_failure: SYNC_FAIL };
    exports.getErrorCodeFromLogoutReason = (reason) => codes[reason] ?? CLIENT_FATAL;
    exports.setPrevLogoutReasonCode = (code) => sessionStorage.setItem('logout-reason', code);
    exports.getPrevLogoutReasonCode = () => sessionStorage.getItem('logout-reason');
    exports.setPrevCustomLogoutMessage = () => {};
    exports.getPrevCustomLogoutMessage = () => null;
  });
})();
