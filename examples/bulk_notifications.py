"""Tell every customer of a CSV that his order is ready, through a hub that runs somewhere: hand all of it
over at once, watch it leave at a human pace, keep what became of each.

    export CHATGROW_TOKEN=cgk_...           an API key: POST /api/keys, or chatgrow key add USER
    python examples/bulk_notifications.py examples/customers.csv --connection shop --results results.csv

Stop it whenever you like: the hub goes on sending. Start it again with the same file, and nobody is told
twice: the request goes under a key that is made of the file.
"""

import argparse
import asyncio
import hashlib
import os
import sys
from pathlib import Path

from chatgrow_bot.client import ApiError, Client
from chatgrow_bot.errors import ChatgrowError

#: What came to those who were written to.
TOLD = ("sent", "delivered", "read")
TEXT = "Hi {{ name }}, your order {{ order }} is ready. Reply STOP if you do not want such messages."


async def notify(client: Client, connection_id: str, name: str, customers: bytes) -> tuple[bytes, int]:
    """What became of each row, as a CSV; and how many customers could not be told."""
    key = hashlib.sha256(connection_id.encode() + TEXT.encode() + customers).hexdigest()
    handed = await client.bulk_csv(connection_id, customers, TEXT, name=name, key=key)
    print(f"{handed.accepted} messages are the hub's now, {handed.rejected} rows were refused")
    for each in handed.rejections:
        print(f"  row {each.row}, {each.to}: {each.reason}")

    while not (batch := await client.bulk(handed.batch_id)).is_over:
        print(f"  {batch.percent:3.0f} %  done about {batch.estimated_completion or '?'}")
        await asyncio.sleep(2)

    print(f"{batch.status}: {dict(batch.counts)}")
    rows = [row async for row in client.bulk_results(batch.batch_id)]
    amiss = [row for row in rows if row.status not in (*TOLD, "rejected")]  # those were shown above
    for row in amiss:
        print(f"  row {row.row}, {row.to}, was not told: {row.reason}")
    return await client.bulk_results_csv(batch.batch_id), len(amiss) + handed.rejected


async def run(url: str, connection_id: str, name: str, customers: bytes) -> tuple[bytes, int]:
    """Do it with the hub at that address."""
    async with Client(url, os.environ.get("CHATGROW_TOKEN", "")) as client:
        return await notify(client, connection_id, name, customers)


def do(asked: argparse.Namespace) -> int:
    """How many customers could not be told."""
    customers = asked.customers.read_bytes()
    if asked.results:
        asked.results.open("ab").close()  # if that cannot be, then before anything is sent
    results, not_told = asyncio.run(run(asked.url, asked.connection, asked.customers.name, customers))
    if asked.results:
        asked.results.write_bytes(results)
        print(f"What became of each row: {asked.results}")
    return not_told


def main() -> int:
    """Read the command line, and do it. The exit code is 0 only if everybody was told."""
    parser = argparse.ArgumentParser(description="Tell customers that their orders are ready.")
    parser.add_argument("customers", type=Path, help="a CSV with the columns to, name and order")
    parser.add_argument("--connection", default="shop")
    parser.add_argument("--url", default=os.environ.get("CHATGROW_URL", "http://127.0.0.1:3000"))
    parser.add_argument("--results", type=Path, help="a CSV to write")
    asked = parser.parse_args()
    try:
        return 1 if do(asked) else 0
    except (ChatgrowError, OSError) as error:  # whatever was the matter, it says what to do
        print(error, file=sys.stderr)
        for fault in error.errors if isinstance(error, ApiError) else ():
            print(f"  {fault.get('detail')}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("The hub goes on without this program.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
