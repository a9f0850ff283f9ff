// A profile that loses its last seconds, as a true Chromium's does when it is killed: every write notes what was
// there before, and a page that is told so at its start takes back what was written shortly before its end.
'use strict';
__d('SimForgetting', (exports, require) => {
  const db = require('SimDb');
  const me = require('WAWebUserPrefsMeUser');
  const KEPT_MS = 60_000; // notes older than this are of no use
  const LINKED = 'sim-linked-at';
  const { write } = db;
  const { setMe } = me;
  let notes = 0;

  // The keys of the device come and go with the login: one cannot lose them alone.
  db.write = (rows) => (rows.some(({ store }) => store === 'keys') ? write(rows) : noted(rows));

  async function noted(rows) {
    const at = Date.now();
    await db.change([...db.storesOf(rows), 'undo'], (...opened) => {
      const undo = opened.at(-1);
      for (const { store, key } of rows) {
        const before = opened.find(({ name }) => name === store).get(key);
        before.onsuccess = () => undo.put({ store, key, at, before: before.result }, [at, notes++]);
      }
      undo.delete(IDBKeyRange.upperBound([at - KEPT_MS]));
      db.apply(rows, opened);
    });
  }

  me.setMe = (person) => {
    setMe(person);
    localStorage.setItem(LINKED, Date.now());
  };

  // The first thing a page does, before anything is read from the profile.
  exports.recover = async () => {
    const order = await (await fetch(`/start?device=${me.getMe() ?? ''}`)).json();
    if (!order) return;
    const written = await db.all('undo');
    const linked = Number(localStorage.getItem(LINKED));
    const left = order.away === null ? 0 : Date.now() - order.away * 1000; // 0: before the server's own start
    const end = Math.max(left, linked, ...written.map(({ at }) => at));
    const lost = ({ at }) => at > end - order.seconds * 1000;
    if (lost({ at: linked })) await db.wipe();
    else for (const write of written.filter(lost).reverse()) await takeBack(write);
  };

  const takeBack = ({ store, key, before }) => write([{ store, key, value: before }]);
});
