// Is everything there that we lean on? What is missing is named, with what is lost by it; the rest keeps working.

const NEEDS = {
  'sending messages': ['chat.sendRawMessage', 'chat.find', 'whatsapp.functions.addAndSendMsgToChat'],
  'sending files': ['chat.sendFileMessage', 'whatsapp.MediaPrep', 'whatsapp.OpaqueData'],
  'quoting messages': ['whatsapp.functions.canReplyMsg', 'whatsapp.MsgModel.prototype.msgContextInfo'],
  'sending reactions': ['chat.sendReactionToMessage', 'whatsapp.functions.sendReactionToMsg'],
  'editing messages': ['chat.editMessage', 'whatsapp.functions.addAndSendMessageEdit', 'whatsapp.functions.canEditMsg'],
  'deleting for everyone': ['chat.deleteMessage', 'whatsapp.Cmd.sendRevokeMsgs', 'group.iAmAdmin'],
  'checking numbers': ['contact.queryWidExists', 'whatsapp.functions.queryWidExists', 'whatsapp.WidFactory'],
  'finding sent messages': ['chat.getMessageById', 'whatsapp.MsgKey', 'whatsapp.functions.getSearchContext'],
  'receiving': ['whatsapp.MsgStore', 'whatsapp.MsgModel'],
  'receiving reactions': ['whatsapp.functions.createOrUpdateReactions', 'chat.getReactions'],
  'receiving votes': ['whatsapp.functions.upsertVotes', 'chat.getVotes'],
  'fetching files': ['chat.downloadMedia', 'whatsapp.MsgModel.prototype.downloadMedia'],
  'catching up after a pause': ['chat.getMessages', 'whatsapp.ChatStore', 'whatsapp.functions.msgFindByDirection'],
  'delivery and read marks': ['whatsapp.functions.handleChatSimpleReceipt'],
  'marking as read': ['chat.markIsRead', 'whatsapp.functions.sendSeen'],
  'showing typing and recording': ['chat.markIsComposing', 'chat.markIsRecording', 'whatsapp.ChatPresence'],
  'being seen as online': ['conn.markAvailable', 'whatsapp.Stream.markAvailable'],
  'groups': [
    'group.getAllGroups',
    'group.getParticipants',
    'whatsapp.GroupMetadataStore',
    'whatsapp.functions.queryAllGroups',
  ],
  'linking by code': [
    'conn.startLinkDeviceCodeForPhoneNumber',
    'whatsapp.LinkDeviceEvents',
    'whatsapp.functions.genLinkDeviceCodeForPhoneNumber',
  ],
  'joining phone numbers and linked ids': ['whatsapp.lidPnCache'],
  'logging out': ['conn.logout'],
};

function selftest() {
  const lost = Object.entries(NEEDS).flatMap(([ability, paths]) =>
    paths.filter((path) => !present(path)).map((path) => `${ability} (WPP.${path} is missing)`),
  );
  if (WPP.version !== WA_JS_VERSION) lost.push(`certainty (wa-js is ${WPP.version}, the bridge knows ${WA_JS_VERSION})`);
  return lost;
}

function present(path) {
  try {
    return path.split('.').reduce((part, name) => part[name], WPP) != null;
  } catch {
    return false;
  }
}

window.__chatgrow = { call };
