"""Presence: who is in a room, since when, and where they work.

Read service.py (sessions enter, move, leave), then news.py (what a room is told, and when), peers.py (the sessions of
other nodes), log.py (what is put down) and reader.py (what members ask of it). The rules of a
roster are in domain/presence.
"""
