// Which WhatsApp Web this page says it is. wa-js picks between old and new ways of calling by the version.
'use strict';
(() => {
  const version = { VERSION_PRIMARY: '2', VERSION_SECONDARY: '3000', VERSION_TERTIARY: '1035000000' };
  const text = Object.values(version).join('.');
  window.Debug = { VERSION: text };

  __d('WAWebBuildConstants', (exports) => {
    Object.assign(exports, version, { VERSION_STR: text, VERSION_BASE: text });
  });

  __d('WAWebSanitizedVersion', (exports) => {
    exports.SANITIZED_VERSION_STR = text;
  });

  __d('WAWebDropAttr', (exports) => {
    exports.DROP_ATTR = 'DROP_ATTR';
  });

  __d('WAWebIsOfficialClient', (exports) => {
    exports.isOfficialClient = true;
  });

  __d('WAWebEnvironment', (exports) => {
    exports.default = { isWeb: true, isWindows: false };
  });
})();
