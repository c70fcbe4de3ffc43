"""Files that people fetch."""

from collections.abc import Iterator

from flask import Response


def download(content: Iterator[bytes], *, name: str, media_type: str, size: int) -> Response:
    """A file as a download: it is never opened as a page of ours."""
    response = Response(content, mimetype=media_type)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.content_length = size
    return response
