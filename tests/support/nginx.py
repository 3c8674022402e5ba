"""Debian's nginx before some nodes, with the configuration of `collab/deploy`."""

import asyncio
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.waiting import until

CONFIGURATION = Path(__file__).parents[2] / "collab" / "deploy" / "nginx.conf"

_MAIN = """
{user}
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/collab.conf;
}}
"""


def program() -> str | None:
    """Where nginx is; it is not in everybody's PATH."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@asynccontextmanager
async def nginx(nodes: Sequence[str]) -> AsyncIterator[str]:
    """A proxy before two nodes, of which the URLs are given; the value is its own URL."""
    found = program()
    assert found, "expected nginx: apt-get install nginx-light"
    with tempfile.TemporaryDirectory(prefix="collab-nginx-") as temporary, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        process = await asyncio.create_subprocess_exec(found, "-c", _configured(Path(temporary), nodes, port))
        try:
            await until(lambda: process.returncode is not None or _answers(port))
            assert process.returncode is None, (Path(temporary) / "error.log").read_text()
            yield f"http://127.0.0.1:{port}"
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


def _configured(folder: Path, nodes: Sequence[str], port: int) -> Path:
    """The main configuration file: it includes that of `collab/deploy`, on the ports of this test."""
    text = CONFIGURATION.read_text()
    addresses = {"127.0.0.1:8001": nodes[0], "127.0.0.1:8002": nodes[1]}
    for address, url in addresses.items():
        assert address in text
        text = text.replace(address, url.removeprefix("http://"))
    assert "listen 80;" in text
    (folder / "collab.conf").write_text(text.replace("listen 80;", f"listen 127.0.0.1:{port};"))
    main = folder / "nginx.conf"
    # Its workers would be nobody's, and could not write here.
    main.write_text(_MAIN.format(folder=folder, user="user root;" if os.geteuid() == 0 else ""))
    return main


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
