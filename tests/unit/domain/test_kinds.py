"""What a setlist and a repertoire may hold, and the kinds that a host application adds."""

import pytest

from collab.domain.errors import Invalid
from collab.domain.fields import Flag, Line, TextField
from collab.domain.kinds import KINDS, REPERTOIRE, SETLIST, Kind, Kinds, register_kind

POEMS = Kind("poems", {"title": Line()}, {"poem": {"text": TextField(), "rhymes": Flag()}})


def test_a_song_of_the_repertoire_holds_all_that_a_song_of_a_setlist_holds() -> None:
    assert {*SETLIST.item_types["song"]} - {*REPERTOIRE.item_types["song"]} == {"song_id"}
    assert {*SETLIST.item_types} == {"song", "break"}


def test_only_notes_and_charts_are_merged_character_by_character() -> None:
    for kind in KINDS:
        for types in (kind.fields, *kind.item_types.values()):
            texts = {name for name, field_type in types.items() if isinstance(field_type, TextField)}
            assert texts <= {"notes", "chart"}
            assert "notes" in texts


@pytest.mark.parametrize(
    ("name", "value", "is_good"),
    [
        ("key", "F#m", True),
        ("tempo", 132, True),
        ("duration", 245, True),
        ("time_signature", "6/8", True),
        ("capo", 12, True),
        ("capo", 13, False),
        ("capo", 2.5, False),
        ("link", "https://example.org/iko", True),
        ("link", "ftp://example.org/iko", False),
        ("link", "https://", False),
        ("link", "https://a b", False),
        ("link", "https://\x00", False),
        ("link", "https://\ud800", False),
        ("link", f"https://{'x' * 1_990}", True),
        ("link", f"https://{'x' * 1_991}", False),
        ("tuning", "x" * 60, True),
        ("tuning", "x" * 61, False),
        ("lead", "x" * 80, True),
        ("lead", "x" * 81, False),
        ("song_id", "x" * 64, True),
        ("song_id", "x" * 65, False),
    ],
)
def test_fields_of_a_song(name: str, value: object, is_good: bool) -> None:
    assert (SETLIST.item_types["song"][name].problem(value) is None) is is_good


@pytest.mark.parametrize(("year", "is_good"), [(1000, True), (999, False), (2999, True), (3000, False)])
def test_the_year_of_a_song(year: int, is_good: bool) -> None:
    assert (REPERTOIRE.item_types["song"]["year"].problem(year) is None) is is_good


def test_a_chart_is_longer_than_notes() -> None:
    chart = REPERTOIRE.item_types["song"]["chart"]
    assert chart.problem("x" * 100_000) is None
    assert chart.problem("x" * 100_001) == "expected at most 100000 characters, got 100001"


class TestRegistering:
    def test_a_registered_kind_is_known_by_its_name(self) -> None:
        kinds = Kinds(SETLIST)
        kinds.register(POEMS)
        assert kinds.get("poems") is POEMS
        assert [*kinds] == [SETLIST, POEMS]

    def test_an_unknown_name_is_invalid_and_the_known_ones_are_told(self) -> None:
        with pytest.raises(Invalid) as caught:
            Kinds(SETLIST, REPERTOIRE).get("poems")
        assert [(problem.path, problem.message) for problem in caught.value.problems] == [
            ("kind", "expected one of repertoire, setlist, got 'poems'")
        ]

    def test_the_same_kind_may_be_registered_again_but_no_other_of_its_name(self) -> None:
        kinds = Kinds(POEMS)
        kinds.register(Kind("poems", dict(POEMS.fields), dict(POEMS.item_types)))
        with pytest.raises(ValueError, match="kind 'poems' is already registered with other fields"):
            kinds.register(Kind("poems", {"title": Line(10)}))

    def test_register_kind_adds_to_the_kinds_that_every_engine_knows(self, monkeypatch: pytest.MonkeyPatch) -> None:
        kinds = Kinds(SETLIST)
        monkeypatch.setattr("collab.domain.kinds.KINDS", kinds)
        register_kind(POEMS)
        assert kinds.get("poems") is POEMS
        assert {kind.name for kind in KINDS} == {"setlist", "repertoire"}

    @pytest.mark.parametrize("name", ["", "Poems", "1poems", "po ems", "poems!", "x" * 41])
    def test_a_name_is_a_plain_word(self, name: str) -> None:
        with pytest.raises(ValueError, match="a kind's name is lower case letters, digits and underscores"):
            Kind(name, {"title": Line()})
        Kind("p" + "x" * 39, {"title": Line()})

    @pytest.mark.parametrize("fields", [{}, {"title": TextField()}, {"name": Line()}])
    def test_every_kind_has_a_title(self, fields: dict[str, Line | TextField]) -> None:
        with pytest.raises(ValueError, match="needs a field 'title' of type Line"):
            Kind("poems", fields)
