"""A server of published keys (JWKS) whose keys and moods a test changes."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa


def published(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, kid: str) -> dict[str, Any]:
    """The public half of a key, as it is published."""
    if isinstance(key, rsa.RSAPrivateKey):
        body = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())
    else:
        body = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key())
    return {**json.loads(body), "kid": kid, "use": "sig"}


class Jwks:
    """What is published at `url`. `body` stands for it where that is no list of keys."""

    def __init__(self, *keys: dict[str, Any]) -> None:
        self.keys = [*keys]
        self.body: bytes | None = None
        self.is_down = False
        self.asked = 0
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.url = ""

    def answer(self) -> tuple[int, bytes]:
        self.asked += 1
        self.may_answer.wait()
        if self.is_down:
            return 503, b""
        return 200, json.dumps({"keys": self.keys}).encode() if self.body is None else self.body


@contextmanager
def jwks(*keys: dict[str, Any]) -> Iterator[Jwks]:
    made = Jwks(*keys)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = made.answer()
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        made.url = f"http://127.0.0.1:{httpd.server_port}/keys"
        try:
            yield made
        finally:
            made.may_answer.set()
            httpd.shutdown()
            thread.join()
