// The keys by which a linked device proves itself. The private key is a non-extractable CryptoKey, like
// WhatsApp's: a copy of the storage that cannot carry such a key does not carry the login either.
'use strict';
(() => {
  __d('WABase64', (exports) => {
    exports.encodeB64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
    exports.decodeB64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
  });

  __d('SimIdentity', (exports, require) => {
    const db = require('SimDb');
    const { encodeB64 } = require('WABase64');

    exports.keys = null; // {identity: CryptoKeyPair, identityPub, noisePub: ArrayBuffer, advSecret: string}

    exports.ready = async () => {
      exports.keys = (await db.get('keys', 'device')) ?? (await make());
    };

    exports.publicKeys = () => ({
      noise: encodeB64(exports.keys.noisePub),
      identity: encodeB64(exports.keys.identityPub),
      secret: exports.keys.advSecret,
    });

    exports.sign = async (text) => {
      const { privateKey } = exports.keys.identity;
      return encodeB64(await crypto.subtle.sign('Ed25519', privateKey, new TextEncoder().encode(text)));
    };

    async function make() {
      const identity = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
      const noise = await crypto.subtle.generateKey('X25519', false, ['deriveBits']);
      const keys = {
        identity,
        identityPub: await crypto.subtle.exportKey('raw', identity.publicKey),
        noisePub: await crypto.subtle.exportKey('raw', noise.publicKey),
        advSecret: encodeB64(crypto.getRandomValues(new Uint8Array(32))),
      };
      await db.put('keys', 'device', keys);
      return keys;
    }
  });

  // The three places wa-js composes the text of the QR from, beside the reference in Conn.
  __d('WAWebSignalStoreApi', (exports, require) => {
    const identity = require('SimIdentity');
    exports.waSignalStore = {
      getRegistrationInfo: async () => ({ identityKeyPair: { pubKey: identity.keys.identityPub } }),
    };
  });

  __d('WAWebNoiseInfo', (exports, require) => {
    const identity = require('SimIdentity');
    exports.waNoiseInfo = { get: async () => ({ staticKeyPair: { pubKey: identity.keys.noisePub } }) };
  });

  __d('WAWebUserPrefsMultiDevice', (exports, require) => {
    const identity = require('SimIdentity');
    exports.getADVSecretKey = async () => identity.keys.advSecret;
    exports.setADVSignedIdentity = () => {};
  });
})();
