// Contacts passed on as vCards.
'use strict';
__d('WAWebVcardUtils', (exports, require) => {
  exports.vcardFromContactModel = (contact) => {
    const { getPhoneNumber, getDisplayName } = require('WAWebFrontendContactGetters');
    const displayName = getDisplayName(contact);
    const number = (getPhoneNumber(contact) ?? contact.id).user;
    const lines = [
      'BEGIN:VCARD', 'VERSION:3.0', `N:;${displayName};;;`, `FN:${displayName}`,
      `TEL;type=CELL;type=VOICE;waid=${number}:+${number}`, 'END:VCARD',
    ];
    return { displayName, vcard: lines.join('\n') };
  };
});
