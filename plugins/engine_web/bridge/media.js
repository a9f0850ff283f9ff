// Files that came in. The page fetches and decrypts one; it is then read from here in slices, under a handle.

const openFiles = new Map(); // by handle; null while it is being fetched

// What WhatsApp calls a file that its servers no longer have, and that the sender's phone did not bring again.
const GONE = 'ERROR_MISSING';

calls.openMedia = async (handle, reference) => {
  needLogin();
  openFiles.set(handle, null);
  const msg = await messageOf(reference);
  if (!msg) refuse('media_gone', 'WhatsApp Web does not have the message of this file');
  const blob = await WPP.chat.downloadMedia(msg.id.toString()).catch((error) => {
    const isGone = msg.mediaData?.mediaStage === GONE || [404, 410].includes(error?.status);
    if (isGone) refuse('media_gone', 'WhatsApp no longer has this file');
    throw error;
  });
  if (openFiles.has(handle)) openFiles.set(handle, blob); // else nobody waits for it any more
  return { size: blob.size };
};

calls.readMedia = (handle, from, to) =>
  new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.slice(reader.result.indexOf(',') + 1));
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(openFiles.get(handle).slice(from, to));
  });

calls.closeMedia = async (handle) => openFiles.delete(handle);
