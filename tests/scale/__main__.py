"""An installation after ten years, in an empty database: `python -m tests.scale URL --size 10`, in minutes.

Size 1 is 300,000 edits and as many stays, 10 is 3,000,000 of 50,000 contents in 10,000 bands. With `--ask` nothing is
made: it says how long what is there takes to answer.
"""

import argparse
import asyncio
import time

from tests.scale.asking import ask
from tests.scale.filling import fill
from tests.scale.installation import Installation


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="of an SQLite or PostgreSQL database, as in COLLAB_DATABASE_URL")
    parser.add_argument("--size", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ask", action="store_true", help="only asks")
    options = parser.parse_args()
    if options.ask:
        asyncio.run(_ask(options.url))
        return
    installation = Installation(options.size, options.seed)
    began = time.perf_counter()
    fill(options.url, installation)
    print(f"{installation.edit_count:,} edits in {time.perf_counter() - began:.0f} s")


async def _ask(url: str) -> None:
    async for question, took_ms in ask(url):
        print(f"{took_ms:8.1f} ms  {question}")


if __name__ == "__main__":
    main()
