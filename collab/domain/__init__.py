"""The rules of collab, pure: no I/O, clock, randomness or framework. Read ops, document, edits in that order."""
