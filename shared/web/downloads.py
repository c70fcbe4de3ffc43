"""Files that people fetch, and the only place that names one in a header."""

from collections.abc import Iterable
from urllib.parse import quote

from flask import Response

from shared.file_names import ascii_name, shown_name

_AS_THEY_ARE = "!#$&+-.^_`|~"
"""What stands as it is in an extended value, beside letters and digits [RFC 8187 section 3.2.1:
attr-char]."""


def download(
    content: Iterable[bytes] | bytes,
    *,
    name: str,
    media_type: str,
    size: int | None = None,
    beside_pages: bool = False,
) -> Response:
    """A file as a download: it is never opened as a page of ours, except where it is our own
    document and may be looked at in the browser (`beside_pages`)."""
    response = Response(content, mimetype=media_type)
    kind = "inline" if beside_pages else "attachment"
    response.headers["Content-Disposition"] = disposition(kind, name)
    if size is not None:
        response.content_length = size
    return response


def disposition(kind: str, name: str) -> str:
    """The header's value [RFC 6266 section 4.3]: a name in ASCII for everybody, and the whole name
    for who understands it [RFC 8187], where the two differ. Headers take Latin-1 alone."""
    whole = shown_name(name)
    plain = ascii_name(whole)
    value = f'{kind}; filename="{plain}"'
    return (
        value if plain == whole else f"{value}; filename*=UTF-8''{quote(whole, safe=_AS_THEY_ARE)}"
    )
