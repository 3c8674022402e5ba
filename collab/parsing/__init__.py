"""Strangers' files, read in a process of its own."""
