"""Adds the songs of a CSV file to a setlist or repertoire: python csv_bot.py URL TOKEN CONTENT songs.csv"""

import asyncio
import csv
import sys
from pathlib import Path
from typing import Any

from collab.client import CollabClient

NUMBERS = {"tempo", "duration", "year"}


def read_songs(path: str) -> list[dict[str, Any]]:
    with Path(path).open(newline="", encoding="utf-8") as file:
        rows = [{name: value for name, value in row.items() if value} for row in csv.DictReader(file)]
    return [{name: int(value) if name in NUMBERS else value for name, value in row.items()} for row in rows]


async def add_songs(url: str, token: str, content_id: str, songs: list[dict[str, Any]]) -> None:
    async with CollabClient(url, token) as me:
        content = await me.open(content_id)
        for song in songs:
            content.insert(song)
        await content.saved()  # every song is in the database now, or this has raised


if __name__ == "__main__":
    url, token, content_id, path = sys.argv[1:]
    asyncio.run(add_songs(url, token, content_id, read_songs(path)))
