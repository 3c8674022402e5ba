"""The rules of Engine.IO's protocol (version 4), section by section, over a real server and both its ways with a
websocket: what a client does, and what it gets. `tests/support/rules.py` says how to read the scripts.

What takes more than a script (pings, other origins, compression, JSONP, sizes) is in `test_engineio.py`.
"""

import pytest

from tests.support.echo import WAYS, echoing
from tests.support.rules import Player

pytestmark = [pytest.mark.asyncio, pytest.mark.one_database]

HANDSHAKE = {
    "a GET begins a session by polling": """
        GET ?EIO=4&transport=polling => 200 0{"sid":"…
    """,
    "a websocket begins one too": """
        ws ?EIO=4&transport=websocket
        < 0{"sid":"…
    """,
    "the version is mandatory": """
        GET ?transport=polling => 400 expected EIO=4…
        GET ?EIO=3&transport=polling => 400
        GET ?EIO=abc&transport=polling => 400
        ws ?transport=websocket refused
        ws ?EIO=3&transport=websocket refused
    """,
    "so is the transport": """
        GET ?EIO=4 => 400 expected transport=polling or transport=websocket
        GET ?EIO=4&transport=telegraph => 400
        GET ?EIO=4&transport=websocket => 400 expected a websocket
        ws ?EIO=4 refused
        ws ?EIO=4&transport=telegraph refused
        ws ?EIO=4&transport=polling refused
    """,
    "no other method begins one": """
        POST ?EIO=4&transport=polling => 400
        PUT ?EIO=4&transport=polling => 400
        DELETE ?EIO=4&transport=polling => 400
        HEAD ?EIO=4&transport=polling => 400
    """,
    "a session that is not known is refused": """
        GET ?EIO=4&transport=polling&sid=nobody => 400
        POST ?EIO=4&transport=polling&sid=nobody => 400
        ws ?EIO=4&transport=websocket&sid=nobody refused
    """,
    "a page asks first whether it may": """
        OPTIONS ?EIO=4&transport=polling => 200
        open
        OPTIONS => 200
    """,
}

POLLING = {
    "a payload is taken with ok, and a poll brings what there is": """
        open
        POST 4hello => 200 ok
        GET => 200 4hello
    """,
    "packets are parted by the record separator": """
        open
        POST 4one␞4two␞4three => 200 ok
        GET => 200 4one␞4two␞4three
    """,
    "bytes are written in base64, behind a b": """
        open
        POST 4hello␞bAQIDBA== => 200 ok
        GET => 200 4hello␞bAQIDBA==
    """,
    "texts are UTF-8, and may be empty": """
        open
        POST 4€ 😀 è␞4 => 200 ok
        GET => 200 4€ 😀 è␞4
    """,
    "a poll waits until there is something": """
        open
        poll
        POST 4hello => 200 ok
        polled => 200 4hello
    """,
    "two polls at once end the session": """
        open
        poll
        GET => 400 expected one poll at a time…
        polled => 200 1
        GET => 400
        ended transport error
    """,
    "a poll that is given up ends it": """
        open
        poll
        give up
        ended transport close
        GET => 400
    """,
    "two payloads at once end it": """
        open
        post 4one
        POST 4two => 400 expected one payload at a time…
        posted => 400
        GET => 400
        ended transport error
    """,
    "what has no type ends it": """
        open
        POST abc => 400 expected 1 to 1000 packets…
        GET => 400
        ended transport error
    """,
    "nothing is no packet": """
        open
        POST => 400
        ended transport error
    """,
    "nor is nothing behind a separator, and none of the payload is heard": """
        open
        POST 4one␞ => 400
        ended transport error
    """,
    "nor is what is no base64": """
        open
        POST bAQ => 400
        ended transport error
        open
        POST bAQ!DBA== => 400
        ended transport error
        open
        POST b€ => 400
        ended transport error
    """,
    "packets that only a server sends are passed over": """
        open
        POST 0␞2␞3␞5␞6␞4hello => 200 ok
        GET => 200 4hello
    """,
    "no other method is a session's": """
        open
        PUT 4x => 400
        DELETE => 400
        POST 4hello => 200 ok
        GET => 200 4hello
    """,
    "a close ends it, and the poll that waits is answered": """
        open
        poll
        POST 1 => 200 ok
        polled => 200 6
        GET => 400
        ended client disconnect
    """,
}

WEBSOCKET = {
    "each packet is a frame of its own": """
        ws ?EIO=4&transport=websocket
        < 0{"sid":"…
        > 4hello
        < 4hello
        > 4
        < 4
    """,
    "bytes are sent as they are": """
        ws ?EIO=4&transport=websocket
        < 0…
        >> 01020304
        << 01020304
    """,
    "what has no type closes it": """
        ws ?EIO=4&transport=websocket
        < 0…
        > abc
        closed
        ended transport error
    """,
    "nothing is no packet": """
        ws ?EIO=4&transport=websocket
        < 0…
        >
        closed
        ended transport error
    """,
    "packets that only a server sends are passed over": """
        ws ?EIO=4&transport=websocket
        < 0…
        > 0
        > 2probe
        > 3
        > 5
        > 6
        > 4hello
        < 4hello
    """,
    "a close ends it": """
        ws ?EIO=4&transport=websocket
        < 0…
        > 1
        closed
        ended client disconnect
    """,
    "so does a normal closure": """
        ws ?EIO=4&transport=websocket
        < 0…
        close
        ended client disconnect
    """,
}

UPGRADE = {
    "a probe is answered, and what follows the upgrade goes by the websocket": """
        open
        ws
        > 2probe
        < 3probe
        > 5
        > 4hello
        < 4hello
    """,
    "the poll that waits is ended with a noop, and so is each until the upgrade": """
        open
        poll
        ws
        > 2probe
        < 3probe
        polled => 200 6
        GET => 200 6
    """,
    "what is said meanwhile comes after it": """
        open
        ws
        > 2probe
        < 3probe
        POST 4meanwhile => 200 ok
        GET => 200 6
        > 5
        < 4meanwhile
    """,
    "what waited before is not lost": """
        open
        POST 4before => 200 ok
        ws
        > 2probe
        < 3probe
        > 5
        < 4before
    """,
    "then nothing is polled, and nothing ends by it": """
        open
        ws
        > 2probe
        < 3probe
        > 5
        > 4first
        < 4first
        GET => 400
        POST 4x => 400
        > 4hello
        < 4hello
    """,
    "a second websocket is closed, and the first goes on": """
        open
        ws
        > 2probe
        < 3probe
        > 5
        > 4first
        < 4first
        ws
        closed
        > 4hello
        < 4hello
    """,
    "so is one that comes while the first is tried": """
        open
        ws
        ws
        closed
        > 2probe
        < 3probe
        ws
        closed
        > 5
        > 4hello
        < 4hello
    """,
    "another ping than a probe closes the websocket, and the client goes on polling": """
        open
        poll
        ws
        > 2prob
        closed
        POST 4hello => 200 ok
        polled => 200 4hello
    """,
    "a message before the probe is not heard, and closes it": """
        open
        ws
        > 4early
        closed
        POST 4hello => 200 ok
        GET => 200 4hello
    """,
    "so does an upgrade without a probe": """
        open
        ws
        > 5
        closed
        POST 4hello => 200 ok
        GET => 200 4hello
    """,
    "and anything else between probe and upgrade": """
        open
        ws
        > 2probe
        < 3probe
        > 4early
        closed
        POST 4hello => 200 ok
        GET => 200 4hello
        ws
        > 2probe
        < 3probe
        > 5
        > 4again
        < 4again
    """,
    "bytes are no probe": """
        open
        ws
        >> 3270726f6265
        closed
        POST 4hello => 200 ok
        GET => 200 4hello
    """,
    "who closes by polling closes the websocket that is tried, too": """
        open
        ws
        POST 1 => 200 ok
        closed
        ended client disconnect
    """,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "rules", [HANDSHAKE, POLLING, WEBSOCKET, UPGRADE], ids=["handshake", "polling", "websocket", "upgrade"]
)
async def test_what_a_client_does_and_gets(way: str, rules: dict[str, str], subtests: pytest.Subtests) -> None:
    async with echoing(way) as echo:
        for rule, script in rules.items():
            with subtests.test(rule):
                async with Player(echo.url, echo) as player:
                    await player.play(script)
            await echo.end_all()
