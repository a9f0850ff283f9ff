// A message between three forms: the model's attributes, the row in the profile, the stanza on the wire.
'use strict';
__d('SimMsgRecord', (exports, require) => {
  const MsgKey = require('WAWebMsgKey').default;
  const { createWid } = require('WAWebWidFactory');
  const { mediaDataOf } = require('WAWebMediaDataModel');
  // What a message says: the server speaks of it by the same names.
  const CONTENT = [
    'type', 'body', 'caption', 'filename', 'mimetype', 'size', 'filehash', 'duration', 'lat', 'lng', 'loc',
    'vcardFormattedName', 'vcardList', 'pollName', 'pollOptions', 'pollSelectableOptionsCount',
    'isForwarded', 'forwardingScore', 'quotedStanzaID',
  ];
  const FACTS = ['t', 'ack', 'notifyName', 'subtype', 'quotedMsg', 'latestEditSenderTimestampMs'];
  const WIDS = ['from', 'to', 'author', 'quotedParticipant'];
  const KEYS = ['id', 'latestEditMsgKey'];
  let last = 0;

  const pick = (source, names, change = (value) => value) =>
    Object.fromEntries(
      names.filter((name) => source[name] != null).map((name) => [name, change(source[name])]),
    );
  const lists = ({ mentionedJidList }, change) =>
    mentionedJidList?.length ? { mentionedJidList: mentionedJidList.map(change) } : {};

  exports.content = (attributes) => ({ ...pick(attributes, CONTENT), ...lists(attributes, String) });

  exports.fromRow = (row) => {
    last = Math.max(last, row.order ?? 0);
    return {
      ...pick(row, [...CONTENT, ...FACTS]),
      ...pick(row, WIDS, createWid),
      ...pick(row, KEYS, MsgKey.fromString),
      ...lists(row, createWid),
      self: row.id.startsWith('true') ? 'out' : 'in',
      mediaData: mediaDataOf(row),
      order: row.order,
    };
  };

  exports.toRow = (msg) => {
    if (!msg.order) msg.order = ++last;
    const { attributes } = msg;
    return {
      ...pick(attributes, [...CONTENT, ...FACTS]),
      ...pick(attributes, [...WIDS, ...KEYS], String),
      ...lists(attributes, String),
      order: msg.order,
    };
  };

  // As stanzas name a message: {chat, id, fromMe}, in groups with its participant.
  exports.toKey = ({ chat, id, fromMe, participant }) =>
    new MsgKey({ fromMe, remote: chat, id, participant });
});
