// Stickers are WebP pictures of 512 by 512: WhatsApp Web makes one of any picture before it sends it.
'use strict';
(() => {
  const SIDE = 512;

  __d('WAWebProcessRawSticker', (exports, require) => {
    const OpaqueData = require('WAWebOpaqueData').default;

    // Answers {mediaBlob}. An animated one would lose its movement here; wa-js puts the original back.
    exports.processRawSticker = async (data) => {
      const picture = await createImageBitmap(data.forceToBlob());
      const isOne = data.type() === 'image/webp' && picture.width === SIDE && picture.height === SIDE;
      if (isOne) return { mediaBlob: data };
      const scale = SIDE / Math.max(picture.width, picture.height);
      const [width, height] = [picture.width * scale, picture.height * scale];
      const canvas = new OffscreenCanvas(SIDE, SIDE);
      canvas.getContext('2d').drawImage(picture, (SIDE - width) / 2, (SIDE - height) / 2, width, height);
      const blob = await canvas.convertToBlob({ type: 'image/webp' });
      return { mediaBlob: new OpaqueData(blob) };
    };
  });

  __d('WAWebWebpUtils', (exports) => {
    // The extended header (VP8X) of an animated file has the second bit of its flags set.
    exports.isAnimatedWebp = (buffer) => {
      const bytes = new Uint8Array(buffer);
      return String.fromCharCode(...bytes.slice(12, 16)) === 'VP8X' && (bytes[20] & 2) !== 0;
    };
  });
})();
