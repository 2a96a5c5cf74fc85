"""Places: a line of the project is told; a library's, a climb out of it, a forged one never is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palier.errors import PalierError
from palier.feeds.places import Place, place_of

HERE = "project:///components/postgres.py#97"
LIBRARY = "project:///.venv/lib/python3.11/site-packages/pulumi/resource.py#1002"


def placed(position: Any = None, *callers: Any) -> Place | None:
    """The place of a resource with this position, and with these frames above it."""
    state: dict[str, Any] = {} if position is None else {"sourcePosition": position}
    if callers:
        state["stackTrace"] = [{"sourcePosition": caller} for caller in callers]
    return place_of(state, "step")


@pytest.mark.parametrize(
    ("position", "place"),
    [
        (HERE, Place(file="components/postgres.py", line=97)),
        ("project:///__main__.py#1", Place(file="__main__.py", line=1)),
        ("project:///stacks/__main__.py#12,8", Place(file="stacks/__main__.py", line=12)),
        ("project:///a-b/c_d.e/f.py#9999999,9999999", Place(file="a-b/c_d.e/f.py", line=9_999_999)),
    ],
)
def test_a_line_of_the_project_is_told(position: str, place: Place) -> None:
    assert placed(position) == place


@pytest.mark.parametrize(
    "position",
    [
        "project:///../secrets/main.py#1",
        "project:///components/../../main.py#1",
        "project:////etc/passwd#1",
        "project:///a//b.py#1",
        "project:///folder/#1",
        "file:///etc/passwd#1",
        "https://example.com/a.py#1",
        "components/postgres.py#97",
    ],
)
def test_a_path_that_does_not_lie_in_the_project_is_not_told(position: str) -> None:
    assert placed(position) is None
    assert placed(position, HERE) == Place(file="components/postgres.py", line=97)


@pytest.mark.parametrize("library", ["site-packages", ".venv", "venv", "node_modules"])
def test_a_library_gives_way_to_the_line_that_called_it(library: str) -> None:
    inside = f"project:///env/{library}/pulumi/resource.py#1002"
    assert placed(inside) is None
    assert placed(inside, inside, HERE, "project:///later.py#1") == Place(
        file="components/postgres.py", line=97
    ), "the nearest line of the project"


def test_a_folder_that_is_only_named_like_a_library_is_the_projects() -> None:
    assert placed("project:///venvs/main.py#3") == Place(file="venvs/main.py", line=3)


def test_a_line_of_the_project_wins_over_its_callers() -> None:
    assert placed(HERE, "project:///__main__.py#1") == placed(HERE)


def test_the_callers_are_asked_where_the_resource_has_no_place() -> None:
    assert placed(None, HERE) == placed("", HERE) == placed(HERE)


@pytest.mark.parametrize(
    "position",
    [
        "project:///a.py#0",
        "project:///a.py#0,1",
        "project:///a.py#00000000",
        "project:///a.py#12345678",
        "project:///a.py#-1",
        "project:///a.py#1,",
        "project:///a.py#",
        "project:///a.py",
        "project:///a.py#1\n",
        "\nproject:///a.py#1",
        "project:///a\x1b[2J.py#1",
        "project:///a b.py#1",
        "project:///a%20b.py#1",
        "project:///a](https://example.com).py#1",
        "project:///a<script>.py#1",
        "project:///é.py#1",
        "project:///a.py#\u0661",
        "project:///" + "a" * 201 + "#1",
        "project:///#1",
    ],
)
def test_what_is_not_fit_to_be_shown_is_no_place(position: str) -> None:
    assert placed(position) is None


def test_nothing_told_is_no_place() -> None:
    assert placed() is None
    assert place_of({"stackTrace": []}, "step") is None
    assert place_of({"stackTrace": [{}]}, "step") is None
    assert place_of({"sourcePosition": None, "stackTrace": None}, "step") is None


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ({"sourcePosition": 97}, r"^step\.sourcePosition: expected a text, got a number$"),
        ({"sourcePosition": [HERE]}, r"^step\.sourcePosition: expected a text, got a list$"),
        ({"stackTrace": HERE}, r"^step\.stackTrace: expected a list, got a text$"),
        ({"stackTrace": [HERE]}, r"^step\.stackTrace\[0\]: expected fields, got a text$"),
        (
            {"stackTrace": [{"sourcePosition": {}}]},
            r"^step\.stackTrace\[0\]\.sourcePosition: expected a text, got fields$",
        ),
    ],
)
def test_what_is_no_text_is_refused_at_its_place(state: dict[str, Any], says: str) -> None:
    with pytest.raises(PalierError, match=says):
        place_of(state, "step")


@given(
    st.lists(
        st.sampled_from(["..", ".", "", "a", "b.py", ".venv", "site-packages", "/etc", "\\", "~"]),
        max_size=5,
    ),
    st.integers(-5, 10**8),
)
def test_no_place_climbs_out_of_the_project(parts: list[str], line: int) -> None:
    place = placed(f"project:///{'/'.join(parts)}#{line}")
    if place is not None:
        own = place.file.split("/")
        assert not {"..", "", ".venv", "site-packages"} & {*own}
        assert not place.file.startswith("/")
        assert place.line == line > 0
