// Linking by a code typed on the phone, instead of a QR code: wa-js renews it a few times by itself.

let pairingCode = null;

function setPairingCode(code) {
  pairingCode = code;
  report({ type: 'changed' });
}

calls.pairingCode = async (number) => {
  if (!WPP.isReady) refuse('not_connected', 'WhatsApp Web is still loading');
  const code = await WPP.conn.startLinkDeviceCodeForPhoneNumber(number);
  setPairingCode(code);
  return code;
};

calls.refreshQr = async () => {
  WPP.conn.cancelLinkDeviceCode();
  setPairingCode(null);
  await Promise.race([WPP.conn.refreshQR(), sleep(5000)]);
};

WPP.on('conn.link_code_change', setPairingCode);
for (const name of ['link_code_expired', 'link_code_error', 'authenticated', 'logout']) {
  WPP.on(`conn.${name}`, () => pairingCode && setPairingCode(null));
}
