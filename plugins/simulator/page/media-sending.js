// The way out of a file: prepared, shown in the chat, uploaded, then sent like any message.
'use strict';
__d('WAWebMediaPrep', (exports, require) => {
  const { MediaDataModel } = require('WAWebMediaDataModel');
  const { MsgCollection } = require('WAWebMsgCollection');
  const { SendMsgResult } = require('WAWebSendMsgResult');

  exports.MediaPrep = class MediaPrep {
    constructor(data, type, { duration, waveform } = {}) {
      this.mediaData = new MediaDataModel({
        type,
        mimetype: data.type(),
        size: data.size(),
        duration,
        waveform,
        mediaBlob: data,
        mediaStage: 'PREPARED',
      });
      this.prepared = type === 'sticker' ? this.makeSticker(data) : Promise.resolve();
    }

    async waitForPrep() {
      await this.prepared;
      return this.mediaData;
    }

    async makeSticker(data) {
      const { processRawSticker } = require('WAWebProcessRawSticker'); // by name: wa-js wraps it
      const { mediaBlob } = await processRawSticker(data);
      this.mediaData.set({ mediaBlob, mimetype: mediaBlob.type(), size: mediaBlob.size() });
    }

    // Answers how sending went. The message enters the chat only after the caller had time to listen for it.
    async sendToChat({ options }) {
      await null;
      const { type, mimetype, size, duration, waveform } = this.mediaData;
      const { productMsgOptions, caption } = options;
      const msg = MsgCollection.admit({
        ...productMsgOptions,
        caption: caption ?? productMsgOptions.caption,
        mediaData: this.mediaData,
        type,
        mimetype,
        size,
        duration,
        waveform,
      });
      await MsgCollection.keep(msg);
      return this.deliver(msg);
    }

    async deliver(msg) {
      const sending = require('SimSending');
      try {
        await this.upload(msg);
      } catch (error) {
        await sending.fail(msg);
        return { messageSendResult: SendMsgResult.ERROR_UPLOAD, t: null, error: String(error) };
      }
      return sending.transmit(msg);
    }

    async upload(msg) {
      const { uploadMedia } = require('WAWebMediaUpload');
      const { mediaBlob, type } = this.mediaData;
      this.mediaData.set('mediaStage', 'UPLOADING');
      const { filehash } = await uploadMedia({ blob: mediaBlob.forceToBlob(), mediaType: type });
      this.mediaData.set({ filehash, mediaStage: 'RESOLVED' });
      msg.set('filehash', filehash);
      await MsgCollection.keep(msg);
    }
  };

  exports.prepRawMedia = (data, options) =>
    new exports.MediaPrep(data, typeOf(data.type(), options), options.precomputedFields);

  // wa-js names this module by the pair of MediaPrep and a catalogue's upload, which this page never makes.
  exports.uploadProductImage = async () => {
    throw new Error('the simulator has no product catalogue');
  };

  function typeOf(mimetype, { asDocument, asSticker, isPtt }) {
    if (asDocument) return 'document';
    if (asSticker) return 'sticker';
    const family = mimetype.split('/')[0];
    if (family === 'audio') return isPtt ? 'ptt' : 'audio';
    return ['image', 'video'].includes(family) ? family : 'document';
  }
});
