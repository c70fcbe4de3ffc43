"""What a file is, by its content: its name is not asked."""

import zipfile
from typing import BinaryIO

import puremagic

_OFFICE = {
    "word/document.xml":
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/presentation.xml":
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}  # fmt: skip
_OPEN_DOCUMENT = (
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.presentation",
)
_AS_THEY_ARE = ("application/pdf", "image/png", "image/jpeg", "image/webp", "image/gif")
_MACROS = ("vbaProject.bin", "Basic/")
_HEAD = 8_192


def media_type_of(content: BinaryIO) -> str | None:
    """The media type of a PDF, image or office document; None of anything else.

    Documents with macros are something else.
    """
    content.seek(0)
    head = content.read(_HEAD)
    if head.startswith(b"PK\x03\x04"):
        return _of_archive(content)
    # puremagic looks for marks at other places too: only what the file begins with counts.
    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return None
    kinds = {one.mime_type for one in found if one.byte_match and head.startswith(one.byte_match)}
    return next((kind for kind in _AS_THEY_ARE if kind in kinds), None)


def _of_archive(content: BinaryIO) -> str | None:
    try:
        with zipfile.ZipFile(content) as archive:
            names = archive.namelist()
            if any(mark in name for name in names for mark in _MACROS):
                return None
            for mark, kind in _OFFICE.items():
                if mark in names:
                    return kind
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 100:
                said = archive.read("mimetype").decode("ascii", "replace").strip()
                return said if said in _OPEN_DOCUMENT else None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError):
        return None
    return None
