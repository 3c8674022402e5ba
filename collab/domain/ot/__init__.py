"""Operational transformation: how edits that were made on different versions of a content meet.

Read ops.py, document.py and edits.py (what there is), text.py (deltas of a text, and their laws) and positions.py.
Then since.py, rebasing.py and rebase.py (an edit is rebased over what came since), letters.py and undoing.py (an edit
is taken back), making.py (what both share); and difference.py, restore.py and diff.py (from one document to another).
"""
