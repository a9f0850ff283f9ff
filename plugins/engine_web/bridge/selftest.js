// Is everything there that we lean on? What is missing is named, with what is lost by it; the rest keeps working.

const NEEDS = {
  'sending text': ['chat.sendTextMessage', 'chat.find', 'whatsapp.functions.addAndSendMsgToChat'],
  'sending files': ['chat.sendFileMessage', 'whatsapp.MediaPrep', 'whatsapp.OpaqueData'],
  'checking numbers': ['contact.queryWidExists', 'whatsapp.functions.queryWidExists', 'whatsapp.WidFactory'],
  'finding sent messages': ['chat.getMessageById', 'whatsapp.MsgKey', 'whatsapp.functions.getSearchContext'],
  'receiving': ['whatsapp.MsgStore', 'whatsapp.MsgModel'],
  'catching up after a pause': ['chat.getMessages', 'whatsapp.ChatStore', 'whatsapp.functions.msgFindByDirection'],
  'delivery and read marks': ['whatsapp.functions.handleChatSimpleReceipt'],
  'showing typing': ['chat.markIsComposing', 'whatsapp.ChatPresence'],
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
