"""The limits of how many, as the code states them: every `…MOST` of a domain or a command."""

import ast
from collections.abc import Iterator
from pathlib import Path

from deploy.local.stack import SERVICES

ROOT = Path(__file__).resolve().parents[2]


def limits() -> Iterator[tuple[str, int]]:
    """The limits on how many of something are kept: constants by that name, with their number."""
    for service in SERVICES:
        at = ROOT / "services" / service
        for path in sorted([*at.glob("domain/*.py"), *at.glob("commands/*.py")]):
            for node in ast.parse(path.read_text()).body:
                if not isinstance(node, ast.Assign):
                    continue
                target, value = node.targets[0], node.value
                pairs = (
                    zip(target.elts, value.elts, strict=True)
                    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
                    else [(target, value)]
                )
                for name, number in pairs:
                    counted = isinstance(number, ast.Constant) and isinstance(number.value, int)
                    if isinstance(name, ast.Name) and name.id.endswith("_MOST") and counted:
                        where = path.relative_to(ROOT / "services").as_posix()
                        yield f"{where}:{name.id}", ast.literal_eval(number)


LIMITS = dict(limits())
