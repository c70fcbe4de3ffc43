"""The names of files that people bring: as they are kept and shown, and in plain ASCII."""

import unicodedata

from shared import text

_MOST_BYTES = 200
"""Well below the 255 bytes that file systems take, so that a browser can add `(1)`."""
_ENDING_MOST = 20
_NOTHING = "file"
_PLAIN = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u2013": "-", "\u2014": "-", "\u2026": "...", "\u00df": "ss"}
)
"""Typographic quotes and dashes, and the sharp s, as ASCII writes them."""


def shown_name(said: str | None) -> str:
    """The name under which a file is kept, whatever its sender called it: the last part of a
    path, on one line, without marks that turn its direction round, its ending kept when it is cut.
    What leaves nothing is called `file`."""
    last = (said or "").replace("\\", "/").rpartition("/")[2]
    # Half a surrogate pair cannot be stored.
    name = text.shown(last.encode("utf-8", "replace").decode("utf-8")).strip(". ")
    return _cut(name) or _NOTHING


def ascii_name(name: str) -> str:
    """The same for who reads nothing but ASCII, without what a header's quoted text trips over
    [RFC 6266 appendix D: quotes, backslashes, percent signs]."""
    plain = unicodedata.normalize("NFKD", name.translate(_PLAIN)).encode("ascii", "ignore")
    bare = "".join("_" if char in '"\\%;:<>|?*/' else char for char in plain.decode("ascii"))
    stem, dot, ending = bare.strip().rpartition(".")
    if not dot:
        stem, ending = ending, ""
    return f"{stem.strip() or _NOTHING}{dot}{ending}"


def _cut(name: str) -> str:
    if len(name.encode()) <= _MOST_BYTES:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or not stem or len(ending.encode()) > _ENDING_MOST:
        stem, dot, ending = name, "", ""
    room = _MOST_BYTES - len((dot + ending).encode())
    return stem.encode()[:room].decode("utf-8", "ignore").rstrip() + dot + ending
