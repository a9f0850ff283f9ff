// The start of the page: memory first, then the link, so that nothing arrives before there is a place for it.
'use strict';
(async () => {
  require('SimReceiving');
  await require('SimIdentity').ready();
  await require('WAWebContactCollection').ContactCollection.restore();
  await require('WAWebChatCollection').ChatCollection.restore();
  await require('WAWebMsgCollection').MsgCollection.restore();
  require('SimWire').open();
})();
