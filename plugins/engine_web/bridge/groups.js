// The groups that the account is in, with who is in them.

calls.groups = async () => {
  needConnection();
  const chats = (await WPP.group.getAllGroups()).filter((chat) => CHAT_ID.test(idOf(chat?.id)));
  // One that the page cannot open hides none of the others.
  const told = await Promise.all(chats.map((chat) => groupOf(chat).catch(() => null)));
  return told.filter(Boolean);
};

async function groupOf(chat) {
  const members = await WPP.group.getParticipants(chat.id.toString());
  return {
    chat: idOf(chat.id),
    name: clean(chat.groupMetadata?.subject ?? chat.name, LIMITS.name),
    members: members.filter(({ id }) => CHAT_ID.test(canonical(id))).map(memberOf),
  };
}

function memberOf({ id, isAdmin, isSuperAdmin }) {
  const contacts = WPP.whatsapp.ContactStore;
  const contact = contacts.get(canonical(id)) ?? contacts.get(id);
  return {
    chat: canonical(id),
    name: clean(contact?.pushname ?? contact?.name, LIMITS.name),
    admin: Boolean(isAdmin || isSuperAdmin),
  };
}
