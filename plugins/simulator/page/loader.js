// The module system of the page: `__d` registers a factory, `require` runs it once and answers its exports.
// wa-js waits for these globals, then looks through `require('__debug').modulesMap` for ids that begin with
// WA or useWA; the page's own modules begin with Sim, so wa-js never mistakes one for WhatsApp's.
'use strict';
(() => {
  const modulesMap = Object.create(null);

  function load(id) {
    if (id === '__debug') return { modulesMap };
    const entry = modulesMap[id];
    if (!entry) throw new Error(`Requiring unknown module "${id}"`);
    if (!entry.exports) {
      entry.exports = {}; // before the factory runs, so that a circle of modules ends
      entry.factory(entry.exports, load);
    }
    return entry.exports;
  }

  window.ErrorGuard = { skipGuardGlobal() {} };
  window.importNamespace = load;
  window.require = load;
  window.__d = (id, factory) => {
    modulesMap[id] = { id, factory, exports: null };
  };
})();
