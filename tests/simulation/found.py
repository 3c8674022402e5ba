"""Seeds whose schedules did not hold when they were first played, with what each had found."""

FOUND = {
    5_098: "a commit that was under way counted as a timer that is left (the rehearsal's own)",
    1_000_481: "what came in one turn with the content counted as not seen (the rehearsal's own)",
    1_001_659: "the same, of a node that was killed (the rehearsal's own)",
    1_003_296: "an edit that came to nothing when it was sent again was stored by a node that had stood still",
    1_003_534: "the same, of an edit that was refused",
}

LEAN_FOUND = {1_482: "who had asked for what was missing counted as never told it (the rehearsal's own)"}
"""The same of the lean tier."""
