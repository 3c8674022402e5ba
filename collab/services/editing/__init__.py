"""Editing: an edit on its way from a session to the journal, and what becomes of it afterwards.

Read service.py (an edit is taken; a content is opened), then history.py (versions, differences, reverts, checkpoints),
hooks.py (the host hears of a commit) and webhooks.py (so does another service).
"""
