"""A loop of a worker that ends at the first that fails is found in the code, wherever it is added."""

import ast
import importlib
import inspect
import textwrap
from typing import Any

import pytest

from deploy.local.stack import SERVICES

_GOES_OUTSIDE = {"store", "self", "scanner", "mailbox", "caller", "outlets", "provider"}


def _functions() -> list[Any]:
    """Every function of ours that a worker's work goes through."""
    found: dict[str, Any] = {}
    for name in SERVICES:
        worker = importlib.import_module(f"services.{name}.worker")
        tree = ast.parse(inspect.getsource(worker))
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                module = getattr(worker, node.value.id, None)
                _gather(found, getattr(module, node.attr, None), f"services.{name}.commands")
            elif isinstance(node, ast.Name):
                _gather(found, getattr(worker, node.id, None), f"services.{name}.commands")
    return list(found.values())


def _gather(found: dict[str, Any], one: Any, room: str) -> None:
    """It, and the functions of its own file that it calls."""
    if not inspect.isfunction(one) or not one.__module__.startswith(room):
        return
    if (key := f"{one.__module__}.{one.__qualname__}") in found:
        return
    found[key] = one
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(one)))):
        if isinstance(node, ast.Name):
            other = inspect.getmodule(one)
            _gather(found, getattr(other, node.id, None), one.__module__)


def _is_guarded(loop: ast.For) -> bool:
    """Whether what the loop does is done within `try: ... except Exception`."""
    return any(
        isinstance(handler.type, ast.Name) and handler.type.id == "Exception"
        for node in ast.walk(loop)
        if isinstance(node, ast.Try)
        for handler in node.handlers
    )


def _goes_outside(loop: ast.For) -> bool:
    inside = [node for line in loop.body for node in ast.walk(line)]
    called = [node for node in inside if isinstance(node, ast.Call)]
    return any(
        isinstance(name, ast.Name) and name.id in _GOES_OUTSIDE
        for call in called
        for name in ast.walk(call)
    )


@pytest.mark.parametrize("function", _functions(), ids=lambda one: one.__qualname__)
def test_no_loop_of_a_worker_ends_at_the_first_that_fails(function: Any) -> None:
    """`each` goes on; a bare loop over what is stored does not."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    loops = [node for node in ast.walk(tree) if isinstance(node, ast.For)]
    bare = [loop.lineno for loop in loops if _goes_outside(loop) and not _is_guarded(loop)]
    assert not bare, f"{function.__module__}.{function.__qualname__}: use shared.store.each"
