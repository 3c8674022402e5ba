"""The rules of collab, pure: no I/O, clock, randomness or framework.

ot: how edits meet; presence: who is there; songs: files of musicians. The words that all share stand beside these:
access, bands, kinds, fields, errors.
"""
