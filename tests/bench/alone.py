"""Of collab alone: what a member feels in situations that a relay does not know."""

from tests.bench.measuring import Pace


async def rows(pace: Pace) -> list[tuple[str, str]]:
    return []
