// The frame of the bridge: calls that come in from Python, reports that go out to it.
// Everything ChatGrow Bot knows of WhatsApp Web's insides stands in this folder and nowhere else.

const WA_JS_VERSION = '4.6.0'; // what this bridge was written against

const calls = {};

// Errors lose their code on the way to Python, so a call never throws: it answers {ok, value} or {ok, code, message}.
async function call(name, args) {
  try {
    return { ok: true, value: (await calls[name](...args)) ?? null };
  } catch (error) {
    return failure(error);
  }
}

function failure(error) {
  return { ok: false, code: String(error?.code ?? error?.name ?? 'error'), message: String(error?.message ?? error) };
}

function refuse(code, message) {
  throw Object.assign(new Error(message), { code });
}

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// Reports leave one at a time and in order; Python answers false when it wants to be asked again later.
const outgoing = [];
let reporting = false;

function report(item) {
  const waiting = outgoing.length > 1 && outgoing[outgoing.length - 1]; // the first is on its way already
  if (item.type === 'changed' && waiting?.type === 'changed') return;
  // Written down here, where what cannot be written stops nobody but itself.
  outgoing.push({ type: item.type, text: JSON.stringify(item) });
  if (!reporting) void drain();
}

async function drain() {
  reporting = true;
  while (outgoing.length) {
    const taken = await window.__chatgrowReport(outgoing[0].text).catch(() => false);
    if (taken) outgoing.shift();
    else await sleep(1000);
  }
  reporting = false;
}
