"""Which methods of an aggregate change it, read from its source: for tables over all of them."""

import ast
import inspect
import textwrap


def commands_of(kind: type) -> dict[str, list[str]]:
    """Each public method that changes the aggregate -> the names of what it is told."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
    methods = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    changing = {name for name, node in methods.items() if _writes(node)}
    while more := {
        name for name, node in methods.items() if name not in changing and _calls(node) & changing
    }:
        changing |= more
    return {
        name: [arg.arg for arg in (*node.args.args[1:], *node.args.kwonlyargs)]
        for name, node in methods.items()
        if name in changing and not name.startswith("_")
    }


def _writes(node: ast.FunctionDef) -> bool:
    """It sets something of itself, or raises an event."""
    for inner in ast.walk(node):
        targets = inner.targets if isinstance(inner, ast.Assign) else []
        for target in targets:
            parts = target.elts if isinstance(target, ast.Tuple) else [target]
            if any(_is_own(part) for part in parts):
                return True
        if isinstance(inner, ast.Attribute) and inner.attr == "append" and _is_own(inner.value):
            return True
    return False


def _calls(node: ast.FunctionDef) -> set[str]:
    return {
        inner.func.attr
        for inner in ast.walk(node)
        if isinstance(inner, ast.Call)
        and _is_own(inner.func)
        and isinstance(inner.func, ast.Attribute)
    }


def _is_own(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    )
