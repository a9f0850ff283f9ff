// Polls: who chooses what, one row by each voter, replaced by his next vote.
'use strict';
(() => {
  __d('SimVotes', (exports, require) => {
    const db = require('SimDb');
    const votes = new Map(); // key of the poll and voter -> the vote

    const set = (vote) => votes.set(`${vote.parentMsgKey} ${vote.sender}`, vote);

    exports.on = (polls) => [...votes.values()].filter((vote) => polls.includes(String(vote.parentMsgKey)));

    exports.restore = async () => {
      const MsgKey = require('WAWebMsgKey').default;
      const { createWid } = require('WAWebWidFactory');
      for (const row of await db.all('votes')) {
        set({ ...row, parentMsgKey: MsgKey.fromString(row.parentMsgKey), sender: createWid(row.sender) });
      }
    };

    exports.keep = async (vote) => {
      set(vote);
      const [parentMsgKey, sender] = [String(vote.parentMsgKey), String(vote.sender)];
      await db.put('votes', `${parentMsgKey} ${sender}`, { ...vote, parentMsgKey, sender });
    };
  });

  __d('WAWebPollsVotesUpsert', (exports, require) => {
    const { keep } = require('SimVotes');
    exports.upsertVotes = async (votes) => {
      for (const vote of votes) await keep(vote);
    };

    require('SimStanzas').vote = ({ key, by, options, at }) => {
      const poll = require('WAWebMsgCollection').MsgCollection.named(key)?.id;
      return require('WAWebPollsVotesUpsert').upsertVotes([
        {
          parentMsgKey: poll ?? require('SimMsgRecord').toKey(key),
          sender: require('WAWebWidFactory').createWid(by),
          selectedOptionLocalIds: options,
          senderTimestampMs: Math.floor(at * 1000),
        },
      ]);
    };
  });

  __d('WAWebPollsVotesQueries', (exports, require) => {
    exports.getVotes = async (polls) => require('SimVotes').on(polls.map(String));
    exports.getVote = async (poll, sender) =>
      (await exports.getVotes([poll])).find((vote) => vote.sender.equals(sender));
  });
})();
