"""Songs as musicians write them down, pure.

Read fields.py (what a column, a key or a length may be called), files.py (CSV, JSON and ChordPro become songs) and
plan.py (what an import changes in a repertoire).
"""
