"""Songs: files that come in and go out.

Read imports.py (a file becomes a job, the job edits of the repertoire) and unpacking.py (what is in a file); then
exports.py and sheets.py (a content as a file, and on paper).
"""
