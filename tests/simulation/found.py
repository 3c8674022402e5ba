"""Seeds whose schedules did not hold when they were first played, with what each had found."""

FOUND = {
    1_000_481: "what came in one turn with the content counted as not seen (the rehearsal's own)",
    1_001_659: "the same, of a node that was killed (the rehearsal's own)",
    1_003_296: "an edit that came to nothing when it was sent again was stored by a node that had stood still",
    1_003_534: "the same, of an edit that was refused",
}
