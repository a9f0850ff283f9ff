// What goes wrong in the page itself, when it is ordered (faults.py says by what name and with what details).
'use strict';
__d('SimFaults', (exports, require) => {
  const { Socket } = require('WAWebSocketModel');
  const { Stream } = require('WAWebStreamModel');
  const { MsgCollection } = require('WAWebMsgCollection');
  const stanzas = require('SimStanzas');
  const { frames } = require('SimLogin');
  const SAID = {
    CONFLICT: 'WhatsApp is open in another window. Use it here instead?',
    TOS_BLOCK: 'WhatsApp has updated its terms of service. Accept them on your phone.',
    SMB_TOS_BLOCK: 'WhatsApp Business has updated its terms of service. Accept them on your phone.',
    PROXYBLOCK: 'WhatsApp cannot be used through this proxy.',
    DEPRECATED_VERSION: 'This version of WhatsApp Web is outdated. Update the browser.',
  };

  // Each begins when it is ordered, and answers how it ends when it is healed.
  const FAULTS = {
    dialog: ({ text }) => showDialog(text),

    block({ mode }) {
      const before = { state: Socket.state, mode: Stream.mode };
      Socket.set('state', mode);
      Stream.set('mode', mode);
      const close = showDialog(SAID[mode]);
      return () => {
        close();
        if (Stream.mode !== mode) return; // WhatsApp has told us another since
        Socket.set('state', before.state);
        Stream.set('mode', before.mode);
      };
    },

    deaf() {
      const { trigger } = MsgCollection;
      MsgCollection.trigger = (event, ...facts) =>
        event === 'add' ? MsgCollection : trigger.call(MsgCollection, event, ...facts);
      return () => delete MsgCollection.trigger;
    },

    temporary_ban() {
      const { BackendEventBus } = require('WAWebBackendEventBus'); // its trigger is wrapped by wa-js
      BackendEventBus.trigger('account_temporarily_banned', {});
      return showDialog('This account is banned for a time. Your phone says until when.');
    },

    needs_update() {
      Stream.set('needsUpdate', true);
      return () => Stream.set('needsUpdate', false);
    },
  };

  const standing = new Map(); // the order as text -> how it ends

  frames.faults = ({ faults }) => {
    const ordered = new Map(faults.map((fault) => [JSON.stringify(fault), fault]));
    for (const [name, end] of [...standing]) {
      if (ordered.has(name)) continue;
      standing.delete(name);
      end();
    }
    for (const [name, fault] of ordered) {
      if (!standing.has(name)) standing.set(name, FAULTS[fault.fault](fault));
    }
  };

  frames.stuck = ({ seconds }) => {
    for (const end = Date.now() + seconds * 1000; Date.now() < end; );
  };

  // Somebody scanned, and his account wants more: the page asks the browser for a passkey, and waits.
  frames.passkey = () => {
    Socket.set('state', 'PAIRING');
    Stream.set('info', 'PAIRING');
    const publicKey = { challenge: crypto.getRandomValues(new Uint8Array(32)), userVerification: 'required' };
    navigator.credentials?.get({ publicKey }).catch(() => {}); // the phone may do it as well
  };

  // A page drops a message that it has; that it tells of one again is what happens all the same.
  const { message } = stanzas;
  stanzas.message = async (stanza) => {
    await message(stanza);
    if (stanza.again) MsgCollection.trigger('add', MsgCollection.named(stanza), MsgCollection);
  };

  const { conflict } = frames;
  frames.conflict = () => {
    conflict();
    showDialog(SAID.CONFLICT, 'Use here', () => location.reload());
  };

  function showDialog(text, label = 'OK', press = () => dialog.remove()) {
    const dialog = document.createElement('div');
    const button = document.createElement('button');
    dialog.className = 'dialog';
    dialog.setAttribute('role', 'dialog');
    dialog.setAttribute('aria-modal', 'true');
    button.textContent = label;
    button.onclick = press;
    dialog.append(text, button);
    document.body.append(dialog);
    return () => dialog.remove();
  }
});
