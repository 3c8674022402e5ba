"""Charts as musicians read them, pure: the words of a song with its chords, as ChordPro or with chords over the words.

A chart stays the text that somebody wrote. Everything here reads it anew:

- `chart.parse` gives sections, lines, and lines as chords with the words under them;
- `playing.played` gives what one player reads, as text and parsed: in the key that is played, less their capo, in the
  pitch of their instrument, or in numbers.

Below them: notes.py (the line of fifths, on which a note is a number), keys.py and chords.py (how they are written),
directives.py, headings.py and lines.py (what a line of a chart is), rewriting.py, transposing.py and numbers.py.

All take time in proportion to the text. collab/web/charts has the same in TypeScript, under the same names; both are
measured by tests/vectors/charts.
"""
