// The link to WhatsApp's server: JSON frames over a WebSocket. Requests are answered by id. Stanzas
// (messages, receipts) are worked off one by one and acknowledged once stored, for the server then forgets them.
'use strict';
__d('SimWire', (exports, require) => {
  const RETRY_MS = [100, 500, 1000, 3000];
  const waiting = new Map(); // request id -> {resolve, reject}
  let socket = null;
  let failures = 0;
  let nextRequest = 1;
  let work = Promise.resolve();

  exports.open = () => {
    const device = require('WAWebUserPrefsMeUser').getMe() ?? '';
    socket = new WebSocket(`wss://${location.host}/wire?device=${device}`);
    socket.onopen = () => require('SimLogin').linkUp();
    socket.onmessage = ({ data }) => exports.closed || take(JSON.parse(data));
    socket.onclose = () => {
      for (const { reject } of waiting.values()) reject(new Error('the link to the server was lost'));
      waiting.clear();
      if (exports.closed) return;
      require('SimLogin').linkDown();
      setTimeout(exports.open, RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]);
    };
  };

  exports.closed = false; // true once the page must not come back by itself: logged out, or opened elsewhere
  exports.close = () => {
    exports.closed = true;
    socket.close();
  };

  exports.send = (frame) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
  };

  // Answers the reply's value; rejects when the server refuses or the link is lost meanwhile.
  exports.request = (verb, body) =>
    new Promise((resolve, reject) => {
      if (socket.readyState !== WebSocket.OPEN) return reject(new Error('no link to the server'));
      const id = nextRequest++;
      waiting.set(id, { resolve, reject });
      exports.send({ type: 'request', id, verb, body });
    });

  function take(frame) {
    failures = 0;
    if (frame.type === 'reply') {
      const { resolve, reject } = waiting.get(frame.id);
      waiting.delete(frame.id);
      if (!frame.error) return resolve(frame.value);
      return reject(Object.assign(new Error(frame.error), { refused: true }));
    }
    // In the order they came: whoever is still storing the last message holds up the next.
    work = work.then(() => handle(frame)).catch((error) => console.error('frame', frame.type, error));
  }

  async function handle(frame) {
    if (frame.type !== 'stanza') return require('SimLogin').frames[frame.type](frame);
    const stanzas = require('SimStanzas');
    if (frame.body.people) await stanzas.people(frame.body); // before what they did
    if (frame.kind !== 'people') await stanzas[frame.kind](frame.body);
    if (frame.seq) exports.send({ type: 'ack', seq: frame.seq }); // what nobody keeps has no number
  }
});

// What arrives for a linked device, by kind: each topic adds its own.
__d('SimStanzas', () => {});
