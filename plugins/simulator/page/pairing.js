// Linking by a code that is typed on the phone, in place of a QR code that it scans.
'use strict';
(() => {
  __d('WAWebAltDeviceLinkingApi', (exports, require) => {
    exports.initializeAltDeviceLinking = async () => {};

    // Answers eight characters, good for about three minutes; the one before is good no more.
    exports.genLinkDeviceCodeForPhoneNumber = (phone) =>
      require('SimWire').request('pairing_code', { number: phone.replace(/\D/g, '') });
  });

  __d('WAWebLinkDeviceEvents', (exports, require) => {
    const EventEmitter = require('WAWebEventEmitter').default;
    exports.WAWebLinkDeviceEvents = new EventEmitter();
  });
})();
