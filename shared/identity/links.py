"""Signed, expiring links for people without an account.

A link names one thing and one person. What it opens is decided anew at each visit, so that an
entitlement that has ended closes the link at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from itsdangerous import BadData, URLSafeTimedSerializer

from shared.errors import NotFound

_SECONDS_A_DAY = 86_400


@dataclass(frozen=True)
class Link:
    """What a link is for (`purpose`), what it opens (`subject`), and for whom."""

    purpose: str
    subject: str
    person_id: str


class Links:
    """Signs with the first of `keys`, reads with any: so that keys can be rotated."""

    def __init__(self, keys: Sequence[str], days: int) -> None:
        # itsdangerous signs with the last of its list.
        self._signer = URLSafeTimedSerializer(list(reversed(keys)), salt="sen-support-link")
        self._seconds = days * _SECONDS_A_DAY

    def sign(self, link: Link) -> str:
        """The token that stands for `link`, made to go into a URL."""
        return str(self._signer.dumps([link.purpose, link.subject, link.person_id]))

    def read(self, token: str, purpose: str) -> Link:
        """The link that `token` stands for.

        Raises NotFound when it is not ours, has expired, or is for another purpose.
        """
        try:
            found_purpose, subject, person = self._signer.loads(token, max_age=self._seconds)
        except (BadData, ValueError, TypeError):
            raise NotFound("This link has expired or is not complete.", code="link") from None
        if found_purpose != purpose:
            raise NotFound("This link is for something else.", code="link")
        return Link(found_purpose, subject, person)
