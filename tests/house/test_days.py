"""A moment becomes a day in London, nowhere else: on 30 June 23:16 UTC it is 1 July there."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from deploy.local.stack import SERVICES
from services.plans.rendering.document import day_words as copy_day_words
from shared.clock import day_of
from shared.words import day_words, moment_words

ROOT = Path(__file__).resolve().parents[2]
CODE = sorted(
    path
    for room in ("shared", *(f"services/{name}" for name in SERVICES))
    for path in (ROOT / room).rglob("*.py")
    if "tests" not in path.parts
)
TEMPLATES = sorted(
    path
    for room in ("shared", "services")
    for path in (ROOT / room).rglob("*")
    if path.suffix in (".html", ".txt")
)
WORDS = {"shared/words.py", "shared/clock.py"}
LATE = datetime(2027, 6, 30, 23, 16, tzinfo=UTC)


def _of_utc(tree: ast.AST) -> Iterator[ast.AST]:
    """Where a day is taken of a moment that was not brought to London on the spot, or the first
    letters of a moment's text are."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of = ast.unparse(node.func.value)
            if node.func.attr == "date" and "astimezone" not in of and of != "datetime":
                yield node
            if node.func.attr == "strftime":
                yield node
        if isinstance(node, ast.Subscript) and "isoformat" in ast.unparse(node.value):
            yield node


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_day_is_taken_of_a_moment_in_london(path: Path) -> None:
    if str(path.relative_to(ROOT)) in WORDS:
        return
    found = [
        f"{node.lineno}: {ast.unparse(node)}"
        for node in _of_utc(ast.parse(path.read_text()))
        if isinstance(node, ast.expr)
    ]
    assert found == [], "shared.clock.day_of, or .astimezone(LONDON).date()"


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_day_is_put_into_words_in_one_place(path: Path) -> None:
    """A format of a date in an f-string does not ask whether it is a moment."""
    if str(path.relative_to(ROOT)) in WORDS or "domain" in path.parts:
        return  # the domain is pure, and says days that its types say are days
    wrong = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            spec, value = ast.unparse(node.format_spec), ast.unparse(node.value)
            if re.search(r"%-?[dmyYHIMSpBbAaj]", spec) and "astimezone" not in value:
                wrong.append(f"{node.lineno}: {value}")
    assert wrong == [], "shared.words.day_words"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_say_days_through_filters(path: Path) -> None:
    said = re.findall(
        r"\{\{[^}]*\.(?:date\(|isoformat\(|strftime\(['\"][^'\"]*%[dmyYBbAa])[^}]*\}\}",
        path.read_text(),
    )
    assert said == []


def test_a_moment_late_in_june_is_of_the_next_day() -> None:
    assert day_of(LATE) == date(2027, 7, 1)
    for words in (day_words, copy_day_words):
        assert words(LATE) == "1 July 2027"
        assert words(date(2027, 6, 30)) == "30 June 2027"
    assert moment_words(LATE) == "1 July 2027, 12:16am"
    assert (day_words(None), copy_day_words(None)) == ("", "not set")


def test_what_the_test_looks_for_is_found() -> None:
    for wrong in ("now.date()", "found.made_at.date()", "x.isoformat()[:10]", "x.strftime('%d')"):
        assert list(_of_utc(ast.parse(wrong)))
    for right in ("now.astimezone(LONDON).date()", "day_of(now)"):
        assert not list(_of_utc(ast.parse(right)))
