"""Every field of every request that takes text takes a line, a name, or paragraphs
(docs/decisions/0031)."""

import ast
from pathlib import Path
from typing import Any

import pytest
from marshmallow import ValidationError, fields, validate

from shared.pattern import Matches
from shared.web import fields as f
from tests.support.told import request_fields

ROOT = Path(__file__).resolve().parents[2]
TEXTS = [
    (where, field) for where, field in request_fields() if isinstance(field, f.Text | f.LongText)
]
LINES = [(where, field) for where, field in TEXTS if isinstance(field, f.Text)]
NAMES = [(where, field) for where, field in TEXTS if isinstance(field, f.Name)]
PLAIN = [(where, field) for where, field in TEXTS if type(field) in (f.Text, f.LongText, f.Name)]
UNSEEN = (
    "\u200b",
    "\u200c",
    "\u200d",
    "\u2060",
    "\ufeff",
    "\u00ad",
    "\u034f",
    "\u115f",
    "\u1160",
    "\u17b4",
    "\u180e",
    "\u3164",
    "\uffa0",
    "\u2800",
    "\u200e",
    "\u200f",
    "\u061c",
    "\u202a",
    "\u202b",
    "\u202c",
    "\u202d",
    "\u202e",
    "\u2066",
    "\u2067",
    "\u2068",
    "\u2069",
    "\u206a",
    "\ufff9",
    "\ufe0f",
    "\U000e0041",
    "\U000e0100",
    "\u00a0",
    "\u3000",
    "\u0301",
    "...",
)
CANNOT_BE_SHOWN = (
    "\x00",
    "\x07",
    "\x1b",
    "\x1f",
    "\x7f",
    "\x80",
    "\x9f",
    "\ue000",
    "\U000f0000",
    "\uffff",
    "\ufdd0",
    "\u0378",
    "\ud800",
    "\udfff",
)
BREAKS = ("\n", "\r", "\r\n", "\v", "\f", "\x85", "\u2028", "\u2029")


def _ids(leaves: list[Any]) -> dict[str, Any]:
    return {"argvalues": leaves, "ids": [where for where, _ in leaves]}


def said(field: fields.Field[Any], value: Any) -> Any:
    """What the field makes of a value; None where it refuses it, in words."""
    try:
        return field.deserialize(value)
    except ValidationError as problem:
        assert problem.messages and all(problem.messages)
        return None


def test_the_table_is_that_of_the_code() -> None:
    assert len(NAMES) > 10 and len(LINES) > 25 and len(TEXTS) > 70


@pytest.mark.parametrize(("where", "field"), **_ids(list(request_fields())))
def test_text_is_a_line_a_name_paragraphs_or_something_with_a_form(
    where: str, field: fields.Field[Any]
) -> None:
    if type(field) in (fields.Field, fields.Raw):
        pytest.fail("says nothing of what it takes")
    if type(field) is fields.String:
        closed = (validate.OneOf, Matches)
        assert any(isinstance(one, closed) for one in field.validators), where
    assert not isinstance(field, fields.Url) or isinstance(field, f.WebAddress), where


@pytest.mark.parametrize(("where", "field"), **_ids(TEXTS))
def test_what_nobody_sees_is_no_text(where: str, field: fields.Field[Any]) -> None:
    for unseen in UNSEEN:
        for value in (unseen, f" {unseen} ", unseen * 3):
            assert said(field, value) is None, ascii(value)


@pytest.mark.parametrize(("where", "field"), **_ids(PLAIN))
def test_what_nobody_sees_is_left_out(where: str, field: fields.Field[Any]) -> None:
    for unseen in UNSEEN[:31]:
        assert said(field, f"A{unseen}b{unseen}") in ("Ab", "A b"), ascii(unseen)


@pytest.mark.parametrize(("where", "field"), **_ids(TEXTS))
def test_what_cannot_be_shown_is_refused(where: str, field: fields.Field[Any]) -> None:
    for one in CANNOT_BE_SHOWN:
        assert said(field, f"Ab{one}cd") is None, ascii(one)


@pytest.mark.parametrize(("where", "field"), **_ids(LINES))
def test_a_line_has_no_break_in_it(where: str, field: fields.Field[Any]) -> None:
    for one in BREAKS:
        assert said(field, f"Robin{one}Vale") is None, ascii(one)
        kept = said(field, f"Robin Vale{one}")
        assert kept in (None, "Robin Vale"), ascii(one)


@pytest.mark.parametrize(
    ("where", "field"), **_ids([one for one in TEXTS if isinstance(one[1], f.LongText)])
)
def test_paragraphs_keep_their_breaks_in_one_form(where: str, field: fields.Field[Any]) -> None:
    for one in BREAKS:
        assert said(field, f"Robin{one}Vale{one}") == "Robin\nVale", ascii(one)


NO_NAMES = {
    "services.referrals.schemas.directory.FormQuestionSchema.name": "how a form's question is called in its answers",
    "services.reviews.schemas.TermSchema.name": "of a term: no message says it",
}
"""What is called a name and is none of a person or an organisation."""


def test_what_is_called_a_name_is_taken_as_one() -> None:
    called = {where for where, _ in TEXTS if where.endswith("name")}
    assert called - {where for where, _ in NAMES} == set(NO_NAMES)


@pytest.mark.parametrize(("where", "field"), **_ids(NAMES))
def test_names_of_real_people_and_places_are_kept(where: str, field: fields.Field[Any]) -> None:
    long = "Keihanaikukauakahihuliheekahaunaele Wolfeschlegelsteinhausenbergerdorff"
    for name in (
        "O\u2019Hara",
        "Zoë-Marie",
        "Suharto",
        "محمد علی",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "क्\u200dष",
        "王小明",
        "Nguyễn Văn A",
        "J.R.R. Tolkien",
        "Łukasz Żak",
        "Ng",
        "St Mary\u2019s (VA) Primary",
        "Sam/Samantha",
        "Oak & Ash",
        "Year 5/6",
        long,
    ):
        assert said(field, name) == name
    assert said(field, "Zoe\u0308  Vale\u00a0") == "Zoë Vale"
    assert said(field, "42") is None


@pytest.mark.parametrize(
    ("where", "field"), **_ids([one for one in TEXTS if isinstance(one[1], f.Name)])
)
def test_what_messages_say_is_never_a_link(where: str, field: fields.Field[Any]) -> None:
    for link in (
        "https://evil.example",
        "Robin http://evil.example",
        "WWW.evil.example",
        "robin@evil.example",
        "see//evil: ftp://a.example",
    ):
        assert said(field, link) is None, link
    assert said(field, "Robin evil.example/x") == "Robin evil. example/x"
    assert said(field, "Md.Rahman") == "Md. Rahman"
    assert said(field, "Robin 192.0.2.7/x") == "Robin 192. 0. 2. 7/x"
    assert said(field, "evil\u2024example") == "evil\u2024 example"


@pytest.mark.parametrize(("where", "field"), **_ids(PLAIN))
def test_limits_count_characters_as_people_see_them(where: str, field: fields.Field[Any]) -> None:
    size = next(one for one in field.validators if isinstance(one, validate.Length))
    assert size.max
    assert said(field, "e\u0301" * size.max) == "é" * size.max
    assert said(field, "é" * (size.max + 1)) is None


def test_pages_read_what_was_typed_through_forms_alone() -> None:
    """`request.form` and `request.args` in a page are compared with what is known, or go through
    a schema: they never become text that is kept."""
    wrong = []
    for path in sorted((ROOT / "services").glob("*/pages/*.py")):
        if "forms.load(" in path.read_text():
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            taken = (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "strip"
            )
            if taken and "request.form" in ast.unparse(node):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert wrong == []
