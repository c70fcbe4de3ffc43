"""The links that messages carry."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.identity.links import Link, Links

_SIGNED = {
    "plan": ("plans", "/family/plans/{token}"),
    "referral": ("referrals", "/family/referrals/{token}"),
    "consent": ("referrals", "/family/consent/{token}"),
    "evening": ("reviews", "/family/evenings/{token}"),
    "rights": ("plans", "/family/rights/{token}"),
    "preferences": ("notifications", "/family/preferences/{token}"),
    "news": ("notifications", "/family/news/{token}"),
}
# Pages that ask who one is.
_PLAIN = {
    "session": ("referrals", "/sessions/{subject}"),
    "person": ("notifications", "/people/{subject}"),
    "due": ("notifications", "/due/{subject}"),
}


@dataclass(frozen=True)
class LinkMaker:
    """Makes them."""

    links: Links
    public_urls: Mapping[str, str]

    def url(self, purpose: str, subject: str, person_id: str) -> str:
        """The address at which one person opens one thing."""
        if purpose in _PLAIN:
            service, path = _PLAIN[purpose]
            return self.public_urls[service] + path.format(subject=subject)
        service, path = _SIGNED[purpose]
        token = self.links.sign(Link(purpose, subject, person_id))
        return self.public_urls[service] + path.format(token=token)
