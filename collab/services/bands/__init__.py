"""Bands: who is in them, with which role, and which contents they have.

Read directory.py (all that is known here, so that every event can be checked at once), then membership.py and
contents.py (what changes it). keyed_locks.py keeps two changes of one band apart.
"""
