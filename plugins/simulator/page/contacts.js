// People: who they are, what to call them, and whether a number is on WhatsApp at all.
'use strict';
(() => {
  __d('WAWebContactModel', (exports, require) => {
    const { BaseModel, defineModel } = require('WAWebBaseModel');
    exports.default = defineModel(class Contact extends BaseModel {}, 'contact', [
      'id', 'name', 'pushname', 'shortName', 'type', 'isBusiness', 'isContactBlocked', 'lid',
    ]);
    exports.ContactModel = exports.default;
  });

  __d('WAWebContactCollection', (exports, require) => {
    const { BaseCollection } = require('WAWebBaseCollection');
    const { ContactModel } = require('WAWebContactModel');
    const { createWid } = require('WAWebWidFactory');
    const db = require('SimDb');

    exports.ContactCollectionImpl = class ContactCollection extends BaseCollection {
      async restore() {
        for (const row of await db.all('contacts')) this.learn(row);
      }

      // Takes a person as the server names them: {pn, lid, name}.
      learn({ pn, lid, name }) {
        require('WAWebLidPnCache').lidPnCache.learn(pn, lid);
        const names = { pushname: name, shortName: name };
        return this.addOne({ id: createWid(pn), ...names, type: 'in', isBusiness: false });
      }

      async keep(person) {
        this.learn(person);
        await db.put('contacts', person.pn, person);
      }
    };
    exports.ContactCollection = new exports.ContactCollectionImpl(ContactModel);
  });

  __d('WAWebLidPnCache', (exports, require) => {
    const { createWid } = require('WAWebWidFactory');
    const lidOf = new Map();
    const pnOf = new Map();
    exports.lidPnCache = {
      getCurrentLid: (pn) => lidOf.get(pn.toString()) ?? null,
      getPhoneNumber: (lid) => pnOf.get(lid.toString()) ?? null,
      learn(pn, lid) {
        lidOf.set(pn, createWid(lid));
        pnOf.set(lid, createWid(pn));
      },
    };
  });

  __d('WAWebApiContact', (exports, require) => {
    const { lidPnCache } = require('WAWebLidPnCache');
    exports.getCurrentLid = lidPnCache.getCurrentLid;
    exports.getPhoneNumber = lidPnCache.getPhoneNumber;
    exports.getAlternateUserWid = (wid) =>
      (wid.isLid() ? lidPnCache.getPhoneNumber(wid) : lidPnCache.getCurrentLid(wid)) ?? undefined;
  });

  __d('WAWebQueryExistsJob', (exports, require) => {
    const wire = require('SimWire');
    const { createWid } = require('WAWebWidFactory');

    // Answers {wid, biz, lid} or null for a number that is not on WhatsApp.
    exports.queryWidExists = async (wid) => {
      const person = await wire.request('exists', { number: wid.toString() });
      if (!person) return null;
      require('WAWebLidPnCache').lidPnCache.learn(person.pn, person.lid);
      return { wid: createWid(person.pn), biz: false, lid: createWid(person.lid) };
    };
    exports.queryPhoneExists = (phone) =>
      exports.queryWidExists(createWid(`${phone.replace(/\D/g, '')}@c.us`));
  });

  __d('WAWebFrontendContactGetters', (exports, require) => {
    const { lidPnCache } = require('WAWebLidPnCache');
    const me = () => require('WAWebUserPrefsMeUser').getMaybeMePnUser();
    const no = () => false;
    const nameOf = (contact) => contact.name ?? contact.pushname ?? `+${contact.id.user}`;

    Object.assign(exports, {
      getNotifyName: (contact) => contact.pushname,
      getPremiumMessageName: nameOf,
      getUserid: (contact) => contact.id.user,
      getIsMe: (contact) => Boolean(me()?.equals(contact.id)),
      getIsUser: (contact) => contact.id.isUser(),
      getIsGroup: (contact) => contact.id.isGroup(),
      getIsBroadcast: (contact) => contact.id.isBroadcast(),
      getIsNewsletter: (contact) => contact.id.isNewsletter(),
      getIsPSA: (contact) => contact.id.isPSA(),
      getIsIAS: no,
      getIsSupportAccount: no,
      getIsWAContact: () => true,
      getCanRequestPhoneNumber: no,
      getShowBusinessCheckmarkAsPrimary: no,
      getShowBusinessCheckmarkAsSecondary: no,
      getShowBusinessCheckmarkInChatlist: no,
      getIsDisplayNameApproved: no,
      getShouldForceBusinessUpdate: no,
      getUserhash: () => null,
      getIsMyContact: (contact) => Boolean(contact.name),
      getMentionName: nameOf,
      getSearchVerifiedName: () => '',
      getHeader: nameOf,
      getTextStatusString: () => '',
      getPhoneNumber: (contact) => (contact.id.isLid() ? lidPnCache.getPhoneNumber(contact.id) : contact.id),
      getPnForLid: (contact) => lidPnCache.getPhoneNumber(contact.id),
      getDisplayName: nameOf,
      getDisplayNameOrPnForLid: nameOf,
      getFormattedPhone: (contact) => `+${contact.id.user}`,
      getFormattedUsernameOrPhone: (contact) => `+${contact.id.user}`,
      getFormattedShortNameWithNonBreakingSpaces: nameOf,
      getFormattedShortName: nameOf,
      getFormattedName: nameOf,
      getFormattedUser: nameOf,
      getSearchName: nameOf,
    });
  });
})();
