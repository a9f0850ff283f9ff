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
  exports.put = (store, key, value) => run(store, 'readwrite', (rows) => rows.put(value, key));
  exports.remove = (store, key) => run(store, 'readwrite', (rows) => rows.delete(key));
  exports.get = (store, key) => run(store, 'readonly', (rows) => rows.get(key));
  exports.all = (store) => run(store, 'readonly', (rows) => rows.getAll());

  exports.wipe = async () => {
    localStorage.clear();
    for (const store of STORES) await run(store, 'readwrite', (rows) => rows.clear());
  };
});
