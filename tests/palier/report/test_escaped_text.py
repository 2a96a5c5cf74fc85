"""Texts of others on a page: letters, and nothing that a renderer or a reader would act on."""

from __future__ import annotations

import re
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from palier.report.text import BREAK, clipped, counted, escaped, printable

RENDERER: Final = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
"""CommonMark with the tables and strikethrough of GitHub; HTML would come through as HTML."""
ROW: Final = ["thead_open", "tr_open", "th_open", "inline", "th_close", "th_open", "inline",
              "th_close", "tr_close", "thead_close"]  # fmt: skip
CALLS: Final = {
    "a person or a team": re.compile(r"@[\w-]"),
    "an issue": re.compile(r"#\d|\bgh-\d", re.IGNORECASE),
    "an address": re.compile(r"\w://|www\.|mailto:\w|xmpp:\w", re.IGNORECASE),
    "mail": re.compile(r"[\w.+-]+@[\w.-]+\.\w"),
    "a picture by its name": re.compile(r":[\w+-]+:"),
    "a commit": re.compile(r"\b(?=\d*[a-f])[0-9a-f]{7,40}\b"),
}
"""What GitHub makes of plain letters, after it has rendered them."""
PIECES: Final = (
    "@acme/platform", "@", "#123", "GH-7", "acme/films#5", "http://evil.example/x", "https://",
    "www.evil.example", "mailto:a@b.example", "jane@acme.example", "<script>alert(1)</script>",
    "<img src=x onerror=y>", "<!--", "-->", "</details>", "![x](http://evil.example)",
    "[x](//evil.example)", "[x]: http://evil.example", "[^1]", "`", "``", "```", "~~~", "~~",
    "**", "__", "*", "_", "|", "\\", "\\|", "\\`", "&amp;", "&#64;acme", "&lt;b&gt;", "$x$", "# ",
    "- ", "+ ", "* ", "1. ", "1) ", "> ", "---", "===", "- - -", "\n", "\r\n", "\n\n# x", "\t",
    "    ", "\x1b[2J", "\x00", "\u202e", "\u200b", "\u2066", "\ufeff", "\u2028", "\ud800",
    "\U000e0041", ":tada:", ":+1:", "deadbeef", "0123456789abcdef0123456789abcdef01234567", "!",
    "<http://evil.example>", "<a@b.example>", "é", "€", "数", "x", " ", "12",
)  # fmt: skip
"""What somebody would try, and what stands beside it."""
HOSTILE: Final = st.one_of(
    st.text(max_size=40),
    st.lists(st.sampled_from(PIECES), max_size=8).map("".join),
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=8).map("".join),
)


def shown(token: Token) -> str:
    """The letters of a text; everything else in it is a failure."""
    assert token.type == "inline"
    kinds = {child.type for child in token.children or []}
    assert kinds <= {"text"}, f"{token.content!r} became {sorted(kinds)}"
    return "".join(child.content for child in token.children or [])


def assert_only_letters(rendered: str, text: str) -> None:
    """What a reader sees is what was given, and calls nobody."""
    assert rendered.replace(BREAK, "") == printable(text).strip(), "a reader must see it all"
    assert all(letter.isprintable() or letter == BREAK for letter in rendered)
    for kind, pattern in CALLS.items():
        assert not pattern.search(rendered), f"{rendered!r} would become {kind}"


def assert_a_paragraph(tokens: list[Token], text: str) -> None:
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert_only_letters(shown(tokens[1]), text)


@given(HOSTILE)
@example("1. - x")
@example("-- -")
@example("a\\")
@example("\\|")
@example("`` ` ``")
@example("&#60;b&#62;")
@example("deadbeefdeadbeef")
@example("<!-- x")
@example("</details")
@example("[x](y)")
@example("===")
def test_any_text_is_a_paragraph_of_its_letters(text: str) -> None:
    page = escaped(text)
    assert "\n" not in page
    if printable(text).strip():
        assert_a_paragraph(RENDERER.parse(page), text)
    else:
        assert page == ""


@given(HOSTILE)
def test_any_text_stays_in_a_list_and_under_a_title(text: str) -> None:
    tokens = RENDERER.parse(f"- {escaped(text)} end\n")
    assert [token.type for token in tokens] == [
        "bullet_list_open", "list_item_open", "paragraph_open", "inline", "paragraph_close",
        "list_item_close", "bullet_list_close",
    ]  # fmt: skip
    assert_only_letters(shown(tokens[3]), f"{printable(text).strip()} end")
    title = RENDERER.parse(f"## a {escaped(text)} b\n")
    assert [token.type for token in title] == ["heading_open", "inline", "heading_close"]
    shown(title[1])


@given(HOSTILE, HOSTILE)
@example("a\\", "|")
@example("a|b", "c")
def test_any_text_stays_in_its_cell(one: str, other: str) -> None:
    page = f"| {escaped(one)} | {escaped(other)} |\n| --- | --- |\n"
    tokens = RENDERER.parse(page)
    assert [token.type for token in tokens[1:-1]] == ROW, f"{page!r} is no row of two cells"
    first, second = (token for token in tokens if token.type == "inline")
    assert_only_letters(shown(first), one)
    assert_only_letters(shown(second), other)


@given(HOSTILE, st.integers(1, 30))
def test_a_cut_text_is_as_safe_as_a_whole_one(text: str, most: int) -> None:
    tokens = RENDERER.parse(f"x {escaped(text, most)}\n")
    rendered = shown(tokens[1]).replace(BREAK, "")
    assert len(rendered) <= most + 2, "letters are counted as a reader sees them"
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]


@pytest.mark.parametrize(
    "text",
    [
        "[x](//e)", "<b>", "`x`", "**x**", "~~x~~", "![x](y)", "&lt;", "http://e.example",
        "@acme", "#1", "x | y", ":tada:", "deadbeef", "www.e.example",
    ],
)  # fmt: skip
def test_the_tests_above_would_see_it(text: str) -> None:
    """Without the function, every one of these is found."""

    def judge() -> None:
        tokens = RENDERER.parse(f"| {text} | b |\n| --- | --- |\n")
        assert [token.type for token in tokens[1:-1]] == ROW
        assert_only_letters(shown(next(one for one in tokens if one.type == "inline")), text)

    with pytest.raises(AssertionError):
        judge()


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("postgres-eu-1", "postgres-eu-1"), ("1.00 € of 2.00 €", "1.00 € of 2.00 €"),
        ("-0.55", "-0.55"), ("- x", "\\- x"), ("a|b", "a&#124;b"), ("@acme", "@&#8203;acme"),
        ("a_b", "a\\_b"), ("app-1a2b3c4", "app-1a2b3c&#8203;4"), ("1000000 users", "1000000 users"),
    ],
)  # fmt: skip
def test_plain_words_and_amounts_stay_as_they_are(text: str, written: str) -> None:
    assert escaped(text) == written


def test_a_long_text_is_cut_and_says_so() -> None:
    assert clipped("abcdef", 6) == "abcdef"
    assert clipped("abcdefg", 6) == "abcde…"
    assert escaped("|" * 50, 5) == "&#124;" * 4 + "…", "never in the middle of a letter"


def test_one_is_one_and_two_are_several() -> None:
    assert counted(1, "rule") == "1 rule"
    assert counted(2, "rule") == "2 rules"
    assert counted(0, "rule holds", "rules hold") == "0 rules hold"
