"""Every day in a request means something and fits it; every form is asked of the whole value."""

import ast
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from marshmallow import Schema, ValidationError, fields

from shared import clock, ids
from shared.events import registry
from shared.web import fields as f
from shared.web.day_fields import Day, Moment
from tests.support.told import request_fields

ROOT = Path(__file__).resolve().parents[2]
DAYS = [
    (where, field)
    for where, field in request_fields()
    if isinstance(field, fields.Date | fields.DateTime)
]
CODE = sorted(
    path
    for room in ("shared", "services", "deploy")
    for path in (ROOT / room).rglob("*.py")
    if "tests" not in path.parts
)


def _said(field: fields.Field[Any], day: Any) -> bool:
    value = f"{day.isoformat()}T12:00:00Z" if isinstance(field, Moment) else day.isoformat()
    try:
        field.deserialize(value)
    except ValidationError as problem:
        assert problem.messages and all(problem.messages)
        return False
    return True


def test_the_table_of_days_is_that_of_the_code() -> None:
    assert len(DAYS) > 30


@pytest.mark.parametrize(("where", "field"), DAYS, ids=[where for where, _ in DAYS])
def test_every_day_that_is_told_means_something(where: str, field: Any) -> None:
    assert isinstance(field, Day | Moment), "f.day_that(f.Meaning...)"
    today, year = clock.today(), timedelta(days=366)
    for impossible in (today - 60 * year, today + 100 * year):
        assert not _said(field, impossible), impossible
    window = field.meaning.value
    assert _said(field, today - timedelta(days=1)) or field.meaning is f.Meaning.COMING
    if field.meaning in (f.Meaning.HAPPENED, f.Meaning.BORN):
        assert not _said(field, today + timedelta(days=1))
        assert not _said(field, today - 36 * year)
    elif field.meaning is not f.Meaning.ASKED:
        assert _said(field, today + timedelta(days=1))
        assert not _said(field, today - 36 * year)
    if window.ahead:
        assert _said(field, today + timedelta(days=window.ahead))
        assert not _said(field, today + timedelta(days=window.ahead + 1))


def test_today_is_londons_at_the_request() -> None:
    """At 00:16 on 1 July in London it is still June in UTC."""
    field = f.day_that(f.Meaning.HAPPENED)
    late = clock.now().replace(year=2027, month=6, day=30, hour=23, minute=16)
    with clock.frozen(late):
        assert field.deserialize("2027-07-01").isoformat() == "2027-07-01"
        with pytest.raises(ValidationError):
            field.deserialize("2027-07-02")


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_pattern_with_an_end_is_asked_by_match(path: Path) -> None:
    """`match` lets a line end in behind `$`: `fullmatch` does not. marshmallow's own `Regexp` asks
    by `match`: `shared.pattern.Matches` stands in its place."""
    assert _asked_by_match(ast.parse(path.read_text())) == []


def _asked_by_match(tree: ast.Module) -> list[str]:
    """Only a pattern of the same file that says by its lack of an end that it is of a beginning
    may be."""
    begin = {
        ast.unparse(node.targets[0])
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and "re.compile(" in ast.unparse(node.value)
        and not any(
            isinstance(part, ast.Constant)
            and isinstance(part.value, str)
            and part.value.rstrip(")").endswith("$")
            for part in ast.walk(node.value)
        )
    }
    wrong = []
    for node in ast.walk(tree):
        called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        literal = called == "re.match" and isinstance(node.args[0], ast.Constant)  # type: ignore[attr-defined]
        if literal and not str(node.args[0].value).rstrip(")").endswith("$"):  # type: ignore[attr-defined]
            continue
        if called.endswith(".match") and called.removesuffix(".match") not in begin:
            wrong.append(called)
        if called.rpartition(".")[2] == "Regexp":
            wrong.append(called)
    return wrong


def test_a_pattern_with_an_end_would_be_found() -> None:
    for wrong in (
        "A = re.compile('^a$')\nA.match(x)",
        "re.match('a$', x)",
        "B.match(x)",
        "validate.Regexp('a')",
        "A = re.compile(r'(^a$)')\nA.match(x)",
    ):
        assert _asked_by_match(ast.parse(wrong))
    assert not _asked_by_match(ast.parse("A = re.compile('^07')\nA.match(x)\nA.fullmatch(y)"))


def _inside(schema: type[Schema]) -> list[fields.Field[Any]]:
    found: list[fields.Field[Any]] = []
    for field in schema().fields.values():
        inner = field.inner if isinstance(field, fields.List) else field
        found += _inside(type(inner.schema)) if isinstance(inner, fields.Nested) else [inner]
    return found


def _samples() -> list[str]:
    """Something that fits each kind of value that is no text."""
    words = ("plan", "active", "a_question", "K", "parent", "https://a.example/x", "/plans/x")
    return [
        ids.new_id(),
        "H801200001001",
        "2027-03-05",
        "2026-03-05",
        "10:30",
        "2026-03-05T10:30:00+00:00",
        "07700900982",
        "a@b.example",
        *words,
    ]


@pytest.mark.parametrize(
    ("where", "field"), request_fields(), ids=[where for where, _ in request_fields()]
)
def test_a_line_end_is_never_part_of_a_value(where: str, field: fields.Field[Any]) -> None:
    samples = _samples()
    if isinstance(field, fields.Enum):
        samples += [one.value for one in field.enum]
    if isinstance(field, f.Heard | f.LongText) or type(field).__name__ in ("Answer", "Upload"):
        return
    for sample in samples:
        for end in ("\n", "\r\n", "\u2028"):
            try:
                kept = field.deserialize(sample + end)
            except ValidationError:
                continue
            assert kept == field.deserialize(sample), (sample, end)


def test_no_field_of_an_event_takes_a_line_end() -> None:
    asked = 0
    for kind in registry.event_types().values():
        for field in _inside(kind.schema):
            for sample in _samples():
                try:
                    field.deserialize(sample)
                except ValidationError:
                    continue
                asked += 1
                with pytest.raises(ValidationError):
                    field.deserialize(sample + "\n")
    assert asked > 100
