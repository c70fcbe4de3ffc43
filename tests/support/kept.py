"""A provider of messages that keeps what it is given."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Kept:
    """A provider that keeps what it is given."""

    name: str
    got: list[Any] = field(default_factory=list)

    def __enter__(self) -> "Kept":
        return self

    def __exit__(self, *_: object) -> None: ...

    def send(self, message: Any) -> None:
        self.got.append(message)

    def took(self, _message: Any) -> bool:
        return False
