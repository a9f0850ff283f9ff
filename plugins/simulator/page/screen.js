// What a person sees: the QR to scan, then the chats. Enough to understand a picture of the page.
'use strict';
__d('SimScreen', (exports, require) => {
  const PIXELS = 6; // per square of the code
  const LOGIN = 'Log into WhatsApp Web (simulator)';
  const TICKS = { '-1': '!', 0: '…', 1: '✓', 2: '✓✓', 3: '✓✓ read' };

  exports.showQr = async () => {
    const code = await qrText();
    const rows = await require('SimWire').request('matrix', { text: code });
    const canvas = element('canvas', { width: rows.length * PIXELS, height: rows.length * PIXELS });
    canvas.setAttribute('aria-label', 'Scan this QR code to link a device!');
    const pen = canvas.getContext('2d');
    pen.fillStyle = '#fff';
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.fillStyle = '#000';
    rows.forEach((row, y) =>
      [...row].forEach((dark, x) => dark === '1' && pen.fillRect(x * PIXELS, y * PIXELS, PIXELS, PIXELS)));
    show(LOGIN, canvas, element('p', {}, 'Scan this code with a virtual phone.'));
  };

  exports.showIdle = () => {
    const onclick = () => require('SimLogin').refresh();
    show(LOGIN, element('button', { onclick }, 'Click to reload the QR code'));
  };

  exports.showChats = (pn, name) => {
    const list = element('ul', { className: 'chats', dir: 'auto' });
    show(`WhatsApp Web (simulator): ${name}, +${pn.split('@')[0]}`, list);
    const { ChatCollection } = require('WAWebChatCollection');
    const { MsgCollection } = require('WAWebMsgCollection');
    let waiting = false;
    const draw = () => {
      if (waiting) return;
      waiting = true; // many changes, one drawing
      requestAnimationFrame(() => {
        waiting = false;
        list.replaceChildren(...ChatCollection.models.sort((one, other) => other.t - one.t).map(row));
      });
    };
    ChatCollection.on('add change:unreadCount change:t', draw);
    MsgCollection.on('add change:ack', draw);
    draw();
  };

  function row(chat) {
    const last = chat.msgs.models.at(-1);
    const text = last ? last.caption ?? last.body ?? last.filename ?? last.type : '';
    const unread = chat.unreadCount > 0 ? element('span', { className: 'unread' }, chat.unreadCount) : '';
    const ticks = last?.id.fromMe ? `${TICKS[last.ack] ?? ''} ` : '';
    const title = element('strong', {}, chat.formattedTitle);
    return element('li', {}, title, unread, element('p', {}, ticks, text));
  }

  // As wa-js composes it, from the same four parts.
  async function qrText() {
    const { noise, identity, secret } = require('SimIdentity').publicKeys();
    return [require('WAWebConnModel').Conn.ref, noise, identity, secret].join(',');
  }

  function show(title, ...content) {
    document.getElementById('app').replaceChildren(
      element('header', {}, title),
      element('section', {}, ...content),
    );
  }

  function element(name, attributes, ...content) {
    const node = Object.assign(document.createElement(name), attributes);
    node.append(...content.map((each) => (each instanceof Node ? each : String(each))));
    return node;
  }
});
