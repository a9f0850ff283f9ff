// The browser profile's memory: what WhatsApp Web keeps in IndexedDB and localStorage of its origin. A
// restart of the browser finds the login and the chats here; a logout empties both.
'use strict';
__d('SimDb', (exports) => {
  const NAME = 'model-storage';
  const STORES = ['keys', 'chats', 'contacts', 'groups', 'messages', 'reactions', 'votes', 'undo'];
  let opened = null;

  function open() {
    opened ??= new Promise((resolve, reject) => {
      const request = indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => STORES.forEach((store) => request.result.createObjectStore(store));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    return opened;
  }

  // Resolves once the transaction is durable, not merely once the request was taken.
  async function run(stores, mode, use) {
    const transaction = (await open()).transaction(stores, mode, { durability: 'strict' });
    const request = use(...[stores].flat().map((store) => transaction.objectStore(store)));
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onabort = () => reject(transaction.error);
    });
  }

  exports.change = (stores, use) => run(stores, 'readwrite', use); // several stores, all or none
  // Rows of any stores, all or none; one without a value goes.
  exports.write = (rows) => exports.change(exports.storesOf(rows), (...opened) => exports.apply(rows, opened));
  exports.put = (store, key, value) => exports.write([{ store, key, value }]);
  exports.remove = (store, key) => exports.write([{ store, key }]);
  exports.get = (store, key) => run(store, 'readonly', (rows) => rows.get(key));
  exports.all = (store) => run(store, 'readonly', (rows) => rows.getAll());

  exports.storesOf = (rows) => [...new Set(rows.map(({ store }) => store))];
  exports.apply = (rows, opened) => {
    for (const { store, key, value } of rows) {
      const there = opened.find(({ name }) => name === store);
      if (value === undefined) there.delete(key);
      else there.put(value, key);
    }
  };

  exports.wipe = async () => {
    localStorage.clear();
    for (const store of STORES) await run(store, 'readwrite', (rows) => rows.clear());
  };
});
