"""Unpacks the one style sheet that pages need from the pinned govuk-frontend package.

python deploy/local/frontend.py PACKAGE.tgz SHA512 FOLDER

The fonts and the crest stay behind: GDS Transport and the crown are licensed for GOV.UK alone.
"""

import base64
import hashlib
import re
import sys
import tarfile
from pathlib import Path

_SHEET = "package/dist/govuk/govuk-frontend.min.css"
_FONT_FACE = re.compile(r"@font-face\{[^}]*\}")
_FONT = re.compile(r'"?GDS Transport"?,\s*')
_MAP = re.compile(r"/\*# sourceMappingURL=[^*]*\*/")


def main(package: Path, sha512: str, folder: Path) -> int:
    """Answers the exit status."""
    digest = base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode()
    if digest != sha512:
        print(f"{package.name} is not what was pinned: {digest}", file=sys.stderr)
        return 1
    with tarfile.open(package) as archive:
        member = archive.extractfile(_SHEET)
        assert member is not None
        sheet = member.read().decode()
    for pattern in (_FONT_FACE, _FONT, _MAP):
        sheet = pattern.sub("", sheet)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "govuk-frontend.css").write_text(sheet)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])))
