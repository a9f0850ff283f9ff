// What the session is doing now: one look at everything, and the events that say "look again".

let qrShown = false;
let pairingSince = null;
let passkeyAsked = false;
let logoutReason = null;
let missing = null;
let bannedForATime = false;

calls.snapshot = async () => {
  if (!WPP.isReady) return null;
  const auth = Boolean(WPP.conn.isAuthenticated());
  const { mode, info } = WPP.conn.getStreamData();
  const socket = WPP.whatsapp.Socket?.state;
  const qr = auth ? null : ((await WPP.conn.getAuthCode())?.fullCode ?? null);
  qrShown ||= qr !== null;
  notePairing(auth, info, socket);
  if (auth) passkeyAsked = false; // it was shown, in a window of this browser
  if (auth && ready) missing ??= selftest();
  return {
    auth,
    mode: mode ?? '',
    info: info ?? '',
    socket: socket ?? '',
    needsUpdate: Boolean(WPP.conn.needsUpdate()),
    me: (auth && WPP.conn.getMyUserId()?.toString()) || null,
    qr,
    idle: !auth && Boolean(WPP.conn.isIdle()),
    ready,
    dialog: auth ? dialog() : null,
    passkey: passkeyAsked,
    pairingSeconds: pairingSince === null ? 0 : (performance.now() - pairingSince) / 1000,
    logout: logoutReason,
    bannedForATime,
    missing: [...(missing ?? []), ...lostHearing()],
    pairingCode: auth ? null : pairingCode,
    undecrypted: undecryptedNow(),
    ear: earNow(),
  };
};

// Pairing follows a scan; without a code to scan it is only the line to WhatsApp that is slow.
function notePairing(auth, info, socket) {
  if (auth || !qrShown || (info !== 'PAIRING' && socket !== 'PAIRING')) pairingSince = null;
  else pairingSince ??= performance.now();
}

// A modal that waits for a person: what it says, so that the operator knows before he looks at the picture.
function dialog() {
  const shown = document.querySelector('[role="dialog"], [role="alertdialog"], [data-animate-modal-popup]');
  const text = (shown?.innerText || shown?.textContent || '').trim();
  return shown ? text.replace(/\d[\d\s()-]{4,}\d/g, '…').slice(0, 200) || 'a dialog' : null; // no numbers in logs
}

// The page reloads itself while logging out, so nobody may be left to answer: the caller expects that.
calls.logout = () => WPP.conn.logout();

// WhatsApp Web goes on showing the chats then; `until`, where it says so, is not in a form to rely on.
WPP.on('conn.backend_event', (name) => {
  if (!String(name).startsWith('account_temporarily_banned')) return;
  bannedForATime = true;
  report({ type: 'changed' });
});

for (const name of [
  'auth_code_change',
  'authenticated',
  'main_ready',
  'needs_update',
  'online',
  'qrcode_idle',
  'stream_mode_changed',
  'stream_info_changed',
]) {
  WPP.on(`conn.${name}`, () => report({ type: 'changed' }));
}
// The events above come a moment before a snapshot can be taken; whoever was called then looked too soon.
WPP.loader.onReady(() => report({ type: 'changed' }));

function loggedOut(reason) {
  logoutReason = typeof reason === 'string' ? reason.slice(0, 100) : (logoutReason ?? 'logged_out');
  // At once and past whatever waits: the page is about to load anew, and will have forgotten it.
  void tellPython(JSON.stringify({ type: 'changed', logout: logoutReason })).catch(() => {});
}

WPP.on('conn.logout_reason', loggedOut);
WPP.on('conn.logout', () => loggedOut());

// Some accounts must prove themselves with a passkey while linking, which a browser without a screen cannot do.
const askPasskey = navigator.credentials?.get?.bind(navigator.credentials);
if (askPasskey) {
  navigator.credentials.get = (options) => {
    if (options?.publicKey) {
      passkeyAsked = true;
      report({ type: 'changed' });
    }
    return askPasskey(options);
  };
}
