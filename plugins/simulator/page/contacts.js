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

      // Takes a person as the server names them: {chat, pn, lid, name}, without `pn` while it is hidden.
      learn({ chat, pn, lid, name }) {
        if (pn) require('WAWebLidPnCache').lidPnCache.learn(pn, lid);
        const facts = { pushname: name, shortName: name, type: 'in', isBusiness: false };
        for (const id of new Set([chat, lid])) this.addOne({ id: createWid(id), ...facts });
      }

      async keep(person) {
        this.learn(person);
        await db.put('contacts', person.lid, person);
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
      const person = await wire.request('exists', { address: wid.toString() });
      if (!person) return null;
      if (person.pn) require('WAWebLidPnCache').lidPnCache.learn(person.pn, person.lid);
      return { wid, biz: false, lid: createWid(person.lid) };
    };
    exports.queryPhoneExists = (phone) =>
      exports.queryWidExists(createWid(`${phone.replace(/\D/g, '')}@c.us`));
  });

  __d('WAWebFrontendContactGetters', (exports, require) => {
    const { lidPnCache } = require('WAWebLidPnCache');
    const no = () => false;
    const numberOf = ({ id }) => (id.isLid() ? lidPnCache.getPhoneNumber(id) : id);
    const phoneOf = (contact) => (numberOf(contact) ? `+${numberOf(contact).user}` : '');
    const nameOf = (contact) => contact.name ?? contact.pushname ?? phoneOf(contact);

    Object.assign(exports, {
      getNotifyName: (contact) => contact.pushname,
      getPremiumMessageName: nameOf,
      getUserid: (contact) => contact.id.user,
      getIsMe: (contact) => require('SimMe').isMe(contact.id),
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
      getPhoneNumber: numberOf,
      getPnForLid: (contact) => lidPnCache.getPhoneNumber(contact.id),
      getDisplayName: nameOf,
      getDisplayNameOrPnForLid: nameOf,
      getFormattedPhone: phoneOf,
      getFormattedUsernameOrPhone: phoneOf,
      getFormattedShortNameWithNonBreakingSpaces: nameOf,
      getFormattedShortName: nameOf,
      getFormattedName: nameOf,
      getFormattedUser: nameOf,
      getSearchName: nameOf,
    });
  });
})();
