"""Everything that lasts. One module per noun; each function takes an open connection, so that several of them
make one transaction: `await db.write(lambda c: (inbox.finish(c, id), outbox.insert(c, rows)))`."""
