"""How much of a history an undo looks at."""

from collections.abc import Sequence

from collab.domain.ot.edits import Edit
from collab.domain.ot.undoing import earlier


def window(target: Edit, edits: Sequence[Edit]) -> Sequence[Edit]:
    """The latest of all edits of a content from version 1 on, as far back as taking the target back needs them."""
    start = target.version - 1
    while wanted := earlier(target, edits[start:]):
        start = min(edit.version for edit in edits if edit.edit_id in wanted) - 1
    return edits[start:]
