// What others see of us besides messages: typing, recording, having read, being there.

const SHOWN = { typing: 'markIsComposing', recording: 'markIsRecording', paused: 'markIsPaused' };
const showing = new Map(); // by chat: the latest thing shown, so that an older one does not end it

// wa-js would time it too, but its promise never settles when something else is shown meanwhile.
async function show(chat, activity, ms) {
  const turn = {};
  showing.set(chat, turn);
  await WPP.chat[SHOWN[activity]](chat);
  if (activity === 'paused') return;
  await sleep(ms);
  if (showing.get(chat) === turn) await WPP.chat.markIsPaused(chat);
}

calls.showing = show;

calls.show = async (id, activity, ms) => {
  needConnection();
  const chat = await chatOf(id);
  if (!chat) refuse('no_account', 'WhatsApp has no account with this number');
  void show(chat.id.toString(), activity, ms).catch(() => {});
};

calls.markRead = async (id) => {
  needConnection();
  for (const chat of chatsOf(widOf(id))) await WPP.chat.markIsRead(chat.id);
};

calls.beAvailable = (available) => {
  needConnection();
  return available ? WPP.conn.markAvailable() : WPP.conn.markUnavailable();
};
