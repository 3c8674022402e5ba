"""Cells of a spreadsheet that would be taken for formulas: our exports put an apostrophe before them, which makes them
text, and our imports of those exports take it off again (OWASP, "CSV Injection").

Spreadsheets take the wide and the small forms of these signs for the plain ones, as Unicode's NFKC does.
"""

import unicodedata

_SIGNS = ("=", "+", "-", "@", "\u2212")
_UNSEEN = "\ufeff\u200b\u200c\u200d\u2060\x00"


def defused(cell: str) -> str:
    """The cell as a text, whatever it begins with."""
    return f"'{cell}" if _begins_a_formula(cell) else cell


def restored(cell: str) -> str:
    """What `defused` was given."""
    return cell[1:] if cell.startswith("'") and _begins_a_formula(cell) else cell


def _begins_a_formula(cell: str) -> bool:
    """Also behind apostrophes of its own: then one more is put before it, so that one can be taken off."""
    bare = cell.lstrip("'")
    if bare.startswith(("\t", "\r")):
        return True
    begin = bare.lstrip().lstrip(_UNSEEN).lstrip()[:1]
    return unicodedata.normalize("NFKC", begin).startswith(_SIGNS)
