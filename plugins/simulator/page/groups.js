// Groups: their names and who is in them, as the server tells at each change; people go by LID in them.
'use strict';
(() => {
  __d('WAWebParticipantModel', (exports, require) => {
    const { BaseModel, defineModel } = require('WAWebBaseModel');
    exports.default = defineModel(class Participant extends BaseModel {}, 'participant', [
      'id', 'isAdmin', 'isSuperAdmin',
    ]);
  });

  __d('SimParticipants', (exports, require) => {
    const { BaseCollection } = require('WAWebBaseCollection');
    const me = () => require('WAWebUserPrefsMeUser').getMaybeMeLidUser();

    exports.Participants = class extends BaseCollection {
      iAmMember() { return Boolean(this.get(me())); }
      iAmAdmin() { return Boolean(this.get(me())?.isAdmin); }
      iAmSuperAdmin() { return Boolean(this.get(me())?.isSuperAdmin); }
      iAmRestrictedMember() { return false; }
      getAdmins() { return this.filter(({ isAdmin }) => isAdmin); }
      canAdd() { return this.iAmAdmin(); }
    };
  });

  __d('WAWebGroupMetadataCollection', (exports, require) => {
    const { BaseModel, defineModel } = require('WAWebBaseModel');
    const { BaseCollection } = require('WAWebBaseCollection');
    const { createWid } = require('WAWebWidFactory');
    const { Participants } = require('SimParticipants');
    const ParticipantModel = require('WAWebParticipantModel').default;
    const { ChatCollection } = require('WAWebChatCollection');
    const db = require('SimDb');

    class GroupMetadataCollection extends BaseCollection {
      onParentGroupChange() {}

      async restore() {
        for (const row of await db.all('groups')) this.learn(row);
      }

      async keep(row) {
        await db.put('groups', row.id, row);
        return this.learn(row);
      }

      // Takes a group as the server tells of it: {id, subject, creation, participants}.
      learn({ id, subject, creation, participants }) {
        const members = new Participants(ParticipantModel);
        members.add(participants.map((each) => ({ ...each, id: createWid(each.id) })));
        const wid = createWid(id);
        const facts = { subject, creation, size: members.length, isLidAddressingMode: true, stale: false };
        const metadata = this.addOne({ id: wid, ...facts, participants: members });
        ChatCollection.ensure(wid).set({ name: subject, groupMetadata: metadata });
        return metadata;
      }
    }
    const GroupMetadata = defineModel(class extends BaseModel {}, 'group_metadata', [
      'id', 'subject', 'creation', 'participants', 'size', 'isLidAddressingMode', 'stale',
    ]);
    exports.default = new GroupMetadataCollection(GroupMetadata);
  });

  __d('WAWebGroupQueryJob', (exports, require) => {
    const groups = require('WAWebGroupMetadataCollection').default;
    exports.queryAllGroups = async () =>
      groups.filter(({ participants }) => participants.iAmMember()).map(({ id }) => ({ id }));
  });

  __d('WAWebUpdateDBForGroupAction', (exports, require) => {
    const { createWid } = require('WAWebWidFactory');

    // The place where wa-js hears of comings and goings; the members are known already when it is called.
    exports.updateDBForGroupAction = async () => {};

    require('SimStanzas').group = async ({ change, people, ...group }) => {
      const { id } = await require('WAWebGroupMetadataCollection').default.keep(group);
      await require('WAWebChatCollection').ChatCollection.keep(
        require('WAWebChatCollection').ChatCollection.get(id),
      );
      if (!change) return;
      const { author, name, action, participant } = change;
      await require('WAWebUpdateDBForGroupAction').updateDBForGroupAction(
        { chatId: id, author: createWid(author), pushname: name },
        { actionType: action, participants: [{ id: createWid(participant) }] },
      );
    };
  });

  __d('WAWebHandleGroupMsgReceipt', (exports, require) => {
    exports.handleGroupSimpleReceipt = ({ from, total, externalIds }) =>
      require('SimReceipts').raise(from, total, externalIds);
  });
})();
