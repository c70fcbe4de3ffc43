"""Text of people keeps its own direction wherever a template shows it (Unicode Annex 9).

A name in Arabic letters would turn the words and numbers beside it round: `2 ,محمد علیnd Oak`. No
template has to think of it: when one is read, everything that it puts out is isolated by where it
stands, text in `<bdi>`, a title by marks, and attributes, which say no running text, not at all.
Only what holds letters that run from right to left is touched.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from unicodedata import bidirectional

import flask.templating
from flask.sansio.app import App
from jinja2 import Environment, nodes, pass_eval_context
from jinja2.filters import do_join, make_attrgetter
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape

# First strong isolate, pop directional isolate.
ISOLATE, END = "\u2068", "\u2069"
_RIGHT_TO_LEFT = ("R", "AL", "AN")
_RAW = ("title", "textarea", "option", "script", "style")
"""Elements in which no element stands."""
_OPENS = re.compile(r"<!--.*?(?:-->|\Z)|<(/?)([a-zA-Z][a-zA-Z0-9-]*)", re.DOTALL)
_IN_TAG = re.compile(r"[\"'>]")


@dataclass(frozen=True)
class Place:
    """Where a template stands: in the text of an element, or within a tag, or its quotes."""

    element: str = ""
    """The raw element in whose text it stands, if it does in one; that which the tag opens."""
    in_tag: bool = False
    quote: str = ""

    def after(self, data: str) -> "Place":
        """Where a piece of HTML that begins here ends."""
        element, in_tag, quote, at = self.element, self.in_tag, self.quote, 0
        while at < len(data):
            if quote:
                at = data.find(quote, at) + 1 or len(data) + 1
                quote = "" if at <= len(data) else quote
            elif in_tag:
                found = _IN_TAG.search(data, at)
                if not found:
                    break
                at = found.end()
                in_tag = found[0] != ">"
                quote = found[0] if in_tag else ""
            else:
                found = _OPENS.search(data, at)
                if not found:
                    break
                at, name = found.end(), (found[2] or "").lower()
                if name and not (element and (not found[1] or name != element)):
                    in_tag, element = True, name if name in _RAW and not found[1] else ""
        return Place(element, in_tag, quote)

    @property
    def filter(self) -> str | None:
        """What isolates here: elements, marks, or nothing."""
        if self.in_tag:
            return None
        return {"": "said", "title": "marked", "option": "marked"}.get(self.element)


_TEXT, _TITLE = Place(), Place("title")


def runs_left(text: str) -> bool:
    """Whether any of it runs from right to left."""
    return not text.isascii() and any(bidirectional(one) in _RIGHT_TO_LEFT for one in text)


def marked(value: Any) -> Any:
    """Text that runs from right to left between marks that isolate it; anything else as it is."""
    if not isinstance(value, str) or hasattr(value, "__html__") or not runs_left(value):
        return value
    return value if value.startswith(ISOLATE) else f"{ISOLATE}{value}{END}"


def said(value: Any) -> Any:
    """The same for the text of a page: as an element."""
    if not isinstance(value, str) or hasattr(value, "__html__") or not runs_left(value):
        return value
    return Markup("<bdi>{}</bdi>").format(value)


def said_and_marked(value: Any) -> Any:
    """The same for what reads elements without their direction, as what makes PDFs does."""
    text = said(value)
    return text if text is value else Markup("<bdi>{}</bdi>").format(marked(value))


def elements(text: str) -> Markup:
    """Text with marks, as HTML with elements in their place: not every mail program knows marks."""
    whole = escape(text)
    if whole.count(ISOLATE) != whole.count(END):
        return whole
    return whole.replace(ISOLATE, Markup("<bdi>")).replace(END, Markup("</bdi>"))


@pass_eval_context
def join(
    eval_ctx: EvalContext, value: Iterable[Any], d: str = "", attribute: str | int | None = None
) -> str:
    """Jinja's own, each isolated from the next."""
    parts = list(value)
    if attribute is not None:
        parts = list(map(make_attrgetter(eval_ctx.environment, attribute), parts))
    if eval_ctx.autoescape and any(said(part) is not part for part in parts):
        return escape(d).join(said(part) for part in parts)
    return str(do_join(eval_ctx, parts, d))


class IsolatingEnvironment(Environment):
    """An environment whose HTML templates isolate what they put out."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.filters.update(said=said, marked=marked, join=join)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        if name and name.endswith(".html"):
            _Reader(self).read(tree, _TEXT)
        return tree


class PageEnvironment(flask.templating.Environment, IsolatingEnvironment):
    """That of the pages."""

    def __init__(self, app: App, **options: Any) -> None:
        super().__init__(app, **options)
        self.filters.update(said=said, marked=marked, join=join)


class _Reader:
    """Goes through a template in the order in which it is written, and knows where it stands."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def read(self, node: nodes.Node, at: Place) -> Place:
        """Isolates what `node` puts out, beginning `at` a place. Answers where it ends."""
        if isinstance(node, nodes.Output):
            return self._output(node, at)
        if isinstance(node, nodes.Concat):
            node.nodes = [
                one if isinstance(one, nodes.Const) else self._filter(one, "marked")
                for one in node.nodes
            ]
        if isinstance(node, nodes.Block) and node.name == "title":
            self._all(node.body, _TITLE)
            return at
        if isinstance(node, nodes.Macro | nodes.AssignBlock | nodes.CallBlock):
            self._all(node.iter_child_nodes(), _TEXT)
            return at
        if isinstance(node, nodes.If):
            self.read(node.test, at)
            end = self._all(node.body, at)
            self._all(node.elif_, at)
            self._all(node.else_, at)
            return end
        return self._all(node.iter_child_nodes(), at)

    def _all(self, several: Iterable[nodes.Node], at: Place) -> Place:
        for one in several:
            at = self.read(one, at)
        return at

    def _output(self, node: nodes.Output, at: Place) -> Place:
        made: list[nodes.Expr] = []
        for one in node.nodes:
            if isinstance(one, nodes.TemplateData):
                at = at.after(one.data)
                made.append(one)
                continue
            self.read(one, at)
            plain = at.filter is None or isinstance(one, nodes.Const)
            made.append(one if plain else self._filter(one, str(at.filter)))
        node.nodes = made
        return at

    def _filter(self, node: nodes.Expr, name: str) -> nodes.Filter:
        made = nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)
        made.set_environment(self._environment)
        return made
