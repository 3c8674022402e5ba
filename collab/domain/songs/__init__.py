"""Songs as musicians have them, pure.

Read found.py (what comes of a file), values.py with keys.py and durations.py (how a value is read), columns.py and
tables.py (what a column means), files.py and the reader of each format (csv_text.py, json_songs.py, chordpro.py,
song_text.py, xml_songs.py, ireal.py), and plan.py (what an import changes in a repertoire).
"""
