// Files: in memory as opaque data, on the server by the hash of their bytes, fetched when somebody asks.
'use strict';
(() => {
  __d('WAWebOpaqueDataBase', (exports) => {
    exports.default = class OpaqueDataBase {
      throwIfReleased() {
        if (this.released) throw new Error('OpaqueData was released');
      }
    };
  });

  __d('WAWebOpaqueData', (exports, require) => {
    const OpaqueDataBase = require('WAWebOpaqueDataBase').default;

    exports.default = class OpaqueData extends OpaqueDataBase {
      constructor(blob) {
        super();
        this.blob = blob;
      }

      static async createFromData(data, type) {
        return new OpaqueData(data instanceof Blob && data.type === type ? data : new Blob([data], { type }));
      }

      forceToBlob() {
        this.throwIfReleased();
        return this.blob;
      }

      type() { return this.blob.type; }
      size() { return this.blob.size; }
    };
  });

  __d('WAWebMediaDataModel', (exports, require) => {
    const { BaseModel, defineModel } = require('WAWebBaseModel');
    const MEDIA_TYPES = new Set(['image', 'video', 'audio', 'ptt', 'document', 'sticker']);

    exports.MediaDataModel = defineModel(class MediaData extends BaseModel {}, 'mediaData', [
      'type', 'mimetype', 'size', 'filehash', 'filename', 'duration', 'waveform', 'mediaBlob', 'mediaStage',
    ]);
    exports.default = exports.MediaDataModel;

    // The media of a message that came or was stored, not fetched yet; nothing for a text.
    exports.mediaDataOf = ({ type, ...facts }) => {
      if (!MEDIA_TYPES.has(type)) return undefined;
      const { mimetype, size, filehash, filename, duration } = facts;
      const file = { mimetype, size, filehash, filename, duration };
      return new exports.MediaDataModel({ type, ...file, mediaStage: 'INIT' });
    };
  });

  __d('WAWebMediaInMemoryBlobCache', (exports) => {
    const ROOM = 32;
    exports.InMemoryMediaBlobCacheImpl = class InMemoryMediaBlobCache {
      blobs = new Map();

      has(hash) { return this.blobs.has(hash); }
      get(hash) { return this.blobs.get(hash); }
      put(hash, blob) {
        this.blobs.set(hash, blob);
        if (this.blobs.size > ROOM) this.blobs.delete(this.blobs.keys().next().value);
      }
    };
    exports.InMemoryMediaBlobCache = new exports.InMemoryMediaBlobCacheImpl();
  });

  __d('WAWebMediaDownload', (exports, require) => {
    const { InMemoryMediaBlobCache } = require('WAWebMediaInMemoryBlobCache');

    exports.download = async (mediaData) => {
      mediaData.set('mediaStage', 'FETCHING');
      const response = await fetch(`/media/${mediaData.filehash}`);
      if (!response.ok) {
        mediaData.set('mediaStage', 'ERROR_MISSING');
        throw Object.assign(new Error(`media is gone: ${response.status}`), { status: response.status });
      }
      const bytes = await response.blob();
      InMemoryMediaBlobCache.put(mediaData.filehash, new Blob([bytes], { type: mediaData.mimetype }));
      mediaData.set('mediaStage', 'RESOLVED');
    };
  });

  __d('WAWebMediaUpload', (exports) => {
    // Answers {filehash, size}. The body is streamed from the file: a large one never fills the memory.
    exports.uploadMedia = async ({ blob }) => {
      const response = await fetch('/media', { method: 'POST', body: blob });
      if (!response.ok) throw new Error(`upload failed: ${response.status}`);
      return response.json();
    };
  });

  __d('WAWebMediaGatingUtils', (exports) => {
    const MB = 1024 * 1024;
    const LIMITS = { image: 16 * MB, video: 100 * MB, audio: 100 * MB, document: 2048 * MB, sticker: MB };
    exports.getUploadLimit = (type) => LIMITS[type] ?? LIMITS.document;
  });
})();
