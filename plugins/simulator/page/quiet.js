// Shapes wa-js takes hold of as it starts, in parts of WhatsApp that are not played here: the collections are
// empty, and a function says so when it is called. A part that comes to be played moves to a file of its own.
'use strict';
(() => {
  function emptyCollection(id, name, proxyName) {
    __d(id, (exports, require) => {
      const { BaseModel, defineModel } = require('WAWebBaseModel');
      const { BaseCollection } = require('WAWebBaseCollection');
      const Model = defineModel(class extends BaseModel {}, proxyName, ['id']);
      exports[`${name}CollectionImpl`] = class extends BaseCollection {};
      exports[`${name}Collection`] = new exports[`${name}CollectionImpl`](Model);
    });
  }

  function notPlayed(id, ...names) {
    __d(id, (exports) => {
      for (const name of names) {
        exports[name] = () => {
          throw new Error(`${id}.${name} is not played by the simulator`);
        };
      }
    });
  }

  emptyCollection('WAWebBlocklistCollection', 'Blocklist', 'blocklist');
  emptyCollection('WAWebStatusCollection', 'Status', 'status');
  emptyCollection('WAWebCallCollection', 'Call', 'call');

  // WhatsApp's media cache on disk: always empty here, so that every download is one.
  __d('WAWebLruMediaStore', (exports) => {
    exports.LruMediaStore = {
      get: async () => null,
      has: async () => false,
      count: async () => 0,
      put: async () => {},
      del: async () => {},
      clear: async () => {},
    };
  });

  __d('WAWebLid1X1MigrationUtils', (exports) => {
    exports.Lid1X1MigrationUtils = { isLidMigrated: () => false };
  });

  __d('WAWebChatSearchQuery', (exports) => {
    exports.SearchQuery = class SearchQuery {
      updateLabelQuery() {}
    };
  });

  notPlayed('WAWebHandleStatusMsgReceipt', 'handleStatusSimpleReceipt');
  notPlayed('WAWebLabelActions', 'addToLabelCollection', 'removeLabelFromCollection');
  notPlayed('WAWebGetNumChatsPinned', 'getNumChatsPinned');
  notPlayed('WAWebABProps', 'getABPropConfigValue');
  notPlayed('WAWebPrimaryFeatures', 'primaryFeatureEnabled');
  notPlayed('WAWebCreateChatRecord', 'createChatRecord');
  notPlayed('WAWebGenMinimalLinkPreview', 'genMinimalLinkPreview');
  notPlayed('WAWebEncodeMaybeMediaType', 'encodeMaybeMediaType');
  notPlayed('WAWebMediaTypeFromProtobuf', 'mediaTypeFromProtobuf');
  notPlayed('WAWebTypeAttributeFromProtobuf', 'typeAttributeFromProtobuf');
  notPlayed('WAWebCreateFanoutMsgStanza', 'createFanoutMsgStanza');
  notPlayed('WAWebGenerateVideoThumbsAndDuration', 'generateVideoThumbsAndDuration');
})();
