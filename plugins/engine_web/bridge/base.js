// The frame of the bridge: calls that come in from Python, reports that go out to it.
// Everything ChatGrow Bot knows of WhatsApp Web's insides stands in this folder and nowhere else.

const WA_JS_VERSION = '4.6.0'; // what this bridge was written against

const calls = {};

// wa-js calls itself ready a moment before it listens for acks, edits and reactions, and before its models show
// what it adds to them. It was here first: when this is called, all of that is done.
let ready = false;
WPP.loader.onFullReady(() => {
  ready = true;
  report({ type: 'changed' });
});

// This page's name, by which Python tells its reports from those of the page that was loaded before it.
const PAGE = crypto.randomUUID().slice(0, 8);

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

// Whom we listen to, kept so that what was cut off can be listened to again.
const hearing = [];

function hear(event, listener) {
  hearing.push([event, listener]);
  WPP.on(event, listener);
}

// Reports leave one at a time and in order; Python answers false when it wants to be asked again later.
const outgoing = [];
let reporting = false;
let told = 0; // reports that Python has taken
let waitingSince = null; // when the first of those that wait was handed over

function report(item) {
  const waiting = outgoing.length > 1 && outgoing[outgoing.length - 1]; // the first is on its way already
  if (item.type === 'changed' && waiting?.type === 'changed') return;
  // Written down here, where what cannot be written stops nobody but itself.
  outgoing.push({ type: item.type, text: JSON.stringify(item) });
  if (!reporting) void drain();
}

// Async also where there is no such function any more: whoever asks gets no.
const tellPython = async (text) => window.__chatgrowReport(text, PAGE);

async function drain() {
  reporting = true;
  while (outgoing.length) {
    waitingSince ??= performance.now();
    const taken = await tellPython(outgoing[0].text).catch(() => false);
    if (!taken) {
      await sleep(1000);
      continue;
    }
    outgoing.shift();
    waitingSince = null;
    told += 1;
  }
  reporting = false;
}
