"""Presence, pure: time is an argument.

Read roster.py (who is in a room: the transitions of a session), focus.py (where it works, moved along with edits),
peers.py (what is known of another node's sessions) and visits.py (the record of a session's time in a room).
"""
