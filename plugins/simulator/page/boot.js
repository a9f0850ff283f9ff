// The start of the page: memory first, then the link, so that nothing arrives before there is a place for it.
'use strict';
(async () => {
  // whoever takes stanzas, before the first one comes
  require('SimReceiving');
  require('SimRevoking');
  require('WAWebSendMessageEditAction');
  require('WAWebSendReactionMsgAction');
  require('WAWebPollsVotesUpsert');
  require('WAWebUpdateDBForGroupAction');
  require('WAWebContactPresenceBridge');
  require('SimFaults');
  await require('SimForgetting').recover();
  await require('SimIdentity').ready();
  await require('WAWebContactCollection').ContactCollection.restore();
  await require('WAWebChatCollection').ChatCollection.restore();
  await require('WAWebGroupMetadataCollection').default.restore();
  await require('WAWebMsgCollection').MsgCollection.restore();
  await require('SimReactions').restore();
  await require('SimVotes').restore();
  require('SimWire').open();
})();
