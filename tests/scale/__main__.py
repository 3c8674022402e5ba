"""An installation after ten years, in an empty database: `python -m tests.scale URL --size 10`, in minutes.

Size 1 is 300,000 edits and as many stays, 10 is 3,000,000 of 50,000 contents in 10,000 bands. With `--ask` nothing is
made: it says how long what is there takes to answer; with `--acks` it says how long members wait for theirs beside what
operators do, which changes what is there.
"""

import argparse
import asyncio
import time

from tests.scale.acks import acks
from tests.scale.asking import ask
from tests.scale.filling import fill
from tests.scale.installation import Installation


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="of an SQLite or PostgreSQL database, as in COLLAB_DATABASE_URL")
    parser.add_argument("--size", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ask", action="store_true", help="only asks")
    parser.add_argument("--acks", type=float, metavar="SECONDS", help="only measures answers, so long beside each")
    options = parser.parse_args()
    if options.ask:
        asyncio.run(_ask(options.url))
        return
    if options.acks:
        asyncio.run(_acks(options.url, options.acks))
        return
    installation = Installation(options.size, options.seed)
    began = time.perf_counter()
    fill(options.url, installation)
    print(f"{installation.edit_count:,} edits in {time.perf_counter() - began:.0f} s")


async def _ask(url: str) -> None:
    async for question, took_ms in ask(url):
        print(f"{took_ms:8.1f} ms  {question}")


async def _acks(url: str, for_s: float) -> None:
    print("| beside | edits | p50 ms | p99 ms | longest ms | what it did |\n| --- | --- | --- | --- | --- | --- |")
    async for waited in acks(url, for_s):
        print(waited, flush=True)


if __name__ == "__main__":
    main()
