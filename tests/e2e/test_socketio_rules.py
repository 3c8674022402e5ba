"""The rules of Socket.IO's protocol (version 5), section by section, over a real server and both transports: what a
client says, and what it hears next. `tests/support/rules.py` says how to read the scripts.

Where the specification has the server close the connection for what is no packet, or for what comes before a CONNECT,
it is passed over here (PROTOCOL.md, Answers): who shows no token is disconnected a little later anyway. Binary is
refused by an answer, and there is no namespace but '/'.
"""

import pytest

from tests.support.log import logged
from tests.support.rules import Player, PollingPlayer
from tests.support.serving import Running

pytestmark = [pytest.mark.asyncio, pytest.mark.one_database]

LET_IN = """
    > 40{"token":"<token>"}
    < 40{"sid":"…
    < 42["session",{…
"""
IS_THERE = """
    > 421["nothing"]
    < 431[{"ok":false,"error":{"code":"invalid",…
"""

CONNECT = {
    "whoever shows a token is let in": LET_IN,
    "whoever shows none is let in to show one": """
        > 40
        < 40{"sid":"…
    """,
    "what is no object shows none": """
        > 40["token"]
        < 40{"sid":"…
    """,
    "the namespace may be written out, and have a query": """
        > 40/?x=1,{"token":"<token>"}
        < 40{"sid":"…
        < 42["session",{…
    """,
    "who is refused is told why, and may try again": """
        > 40{"token":"none"}
        < 44{"message":"…
    """
    + LET_IN,
    "what is no JSON is refused": """
        > 40{token}
        < 44{"message":"expected JSON behind the CONNECT, as in 40{}","data":{"code":"invalid"}}
    """
    + LET_IN,
    "so is another namespace": """
        > 40/chat
        < 44/chat,{"message":"Invalid namespace","data":{"code":"not_found"}}
        > 40/chat?x=1,{"token":"<token>"}
        < 44/chat,{"message":"Invalid namespace","data":{"code":"not_found"}}
    """
    + LET_IN,
    "of who is connected too, who goes on": LET_IN
    + """
        > 40/chat,{"token":"<token>"}
        < 44/chat,{"message":"Invalid namespace","data":{"code":"not_found"}}
    """
    + IS_THERE,
    "a client connects once": LET_IN
    + """
        > 40{"token":"<token>"}
        > 40
    """
    + IS_THERE,
    "nothing is heard before": """
        > 421["request_update"]
        > 42["request_update"]
    """
    + LET_IN,
}

DISCONNECT = {
    "who disconnects is not heard any more, and may connect anew": LET_IN
    + """
        > 41
        > 421["request_update"]
    """
    + LET_IN,
    "of a namespace where nobody is it changes nothing": LET_IN
    + """
        > 41/chat,
    """
    + IS_THERE,
}

EVENTS = {
    "an event is answered by its number": LET_IN
    + """
        > 42456["nothing"]
        < 43456[{"ok":false,…
        > 420["nothing"]
        < 430[{"ok":false,…
        > 4218446744073709551615["nothing"]
        < 4318446744073709551615[{"ok":false,…
    """,
    "one without a number is not": LET_IN
    + """
        > 42["nothing"]
    """
    + IS_THERE,
    "its namespace may be written out": LET_IN
    + """
        > 42/,7["nothing"]
        < 437[{"ok":false,…
    """,
    "nobody hears one of another namespace": LET_IN
    + """
        > 42/chat,7["request_update"]
    """
    + IS_THERE,
    "its payload is a list with a name": LET_IN
    + """
        > 427[]
        < 437[{"ok":false,"error":{"code":"invalid",…
        > 427[{"ok":true}]
        < 437[{"ok":false,"error":{"code":"invalid",…
    """,
    "what is no packet is passed over": LET_IN
    + """
        > 4
        > 4abc
        > 49
        > 42
        > 42{}
        > 42"nothing"
        > 42abc["nothing"]
        > 42-1["nothing"]
        > 427["nothing"
    """
    + IS_THERE,
    "so is what only a server says, and an answer that nobody waits for": LET_IN
    + """
        > 44{"message":"no"}
        > 43["yes"]
        > 437["yes"]
    """
    + IS_THERE,
}

BINARY = {
    "an event with attachments is refused by an answer": LET_IN
    + """
        > 451-7["nothing",{"_placeholder":true,"num":0}]
        < 437[{"ok":false,"error":{"code":"invalid","message":"…binary…
        >> 01020304
    """
    + IS_THERE,
    "what follows one is no attachment": LET_IN
    + """
        > 452-["nothing",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]
    """
    + IS_THERE,
    "an answer with attachments is passed over": LET_IN
    + """
        > 461-7[{"_placeholder":true,"num":0}]
        >> 01020304
    """
    + IS_THERE,
    "so are bytes, and what only begins as one": LET_IN
    + """
        >> 01020304
        > 45["nothing"]
        > 451-
        > 451-x["nothing"]
    """
    + IS_THERE,
}

SECTIONS = {"connect": CONNECT, "disconnect": DISCONNECT, "events": EVENTS, "binary": BINARY}


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_what_a_client_says_and_hears(transport: str, server: Running, subtests: pytest.Subtests) -> None:
    opened = "open\n" if transport == "polling" else "ws ?EIO=4&transport=websocket\n< 0…\n"
    with logged() as log:
        for section, rules in SECTIONS.items():
            for rule, script in rules.items():
                with subtests.test(f"{section}: {rule}"):
                    player = PollingPlayer(server.url) if transport == "polling" else Player(server.url)
                    async with player:
                        await player.play(opened + script.replace("<token>", server.token("ada")))
    assert "Traceback" not in log.text
