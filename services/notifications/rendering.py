"""Templates and their values. A missing value is an error, never a blank."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from services.notifications.domain.contact import Contact, SettingProfile
from services.notifications.domain.message import Message
from services.notifications.domain.text_message import MOST_PARTS, parts, plain
from services.notifications.domain.values import Purpose
from shared.identity.links import Link, Links

TEMPLATE_VERSIONS: Mapping[Purpose, int] = dict.fromkeys(Purpose, 1)
"""The version of each purpose's template that is in use."""

_PATHS = {
    "plan": ("plans", "/family/plans/{token}"),
    "referral": ("referrals", "/family/referrals/{token}"),
    "consent": ("referrals", "/family/consent/{token}"),
    "session": ("referrals", "/sessions/{subject}"),
    "preferences": ("notifications", "/family/preferences/{token}"),
}


@dataclass(frozen=True)
class LinkMaker:
    """Makes the signed links that messages carry."""

    links: Links
    public_urls: Mapping[str, str]

    def url(self, purpose: str, subject: str, person_id: str) -> str:
        """The address at which one person opens one thing."""
        service, path = _PATHS[purpose]
        if "{subject}" in path:  # a page that asks who one is
            return self.public_urls[service] + path.format(subject=subject)
        token = self.links.sign(Link(purpose, subject, person_id))
        return self.public_urls[service] + path.format(token=token)


@dataclass(frozen=True)
class Rendered:
    subject: str
    text: str
    html: str
    headers: dict[str, str]
    template_version: int


@dataclass(frozen=True)
class RenderedText:
    text: str
    template_version: int


_NAME_LENGTHS = (60, 30, 20, 12)
"""How much of the setting's and the child's name is said, at most."""


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("services.notifications", "templates"),
        undefined=StrictUndefined,
        autoescape=select_autoescape(["html"], default=False),
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(
    message: Message, contact: Contact, profile: SettingProfile, links: LinkMaker
) -> Rendered:
    """The words of an email. Raises jinja2.UndefinedError when a value is missing."""
    values = _values(message, contact, profile, links)
    # One click in the mail program (RFC 8058).
    headers = {
        "List-Unsubscribe": f"<{values['stop']}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    } if "stop" in values else {}  # fmt: skip
    return render_values(message.purpose, values, headers)


def render_text(
    message: Message,
    contact: Contact,
    profile: SettingProfile,
    links: LinkMaker,
    shorten: Callable[[str], str],
) -> RenderedText:
    """The words of a text. `shorten` makes a short address of a long one.

    Raises jinja2.UndefinedError when a value is missing.
    """
    values = _values(message, contact, profile, links)
    for name in ("link", "stop"):
        if name in values:
            values[name] = shorten(values[name])
    return render_text_values(message.purpose, values)


def render_text_values(purpose: Purpose, values: Mapping[str, str]) -> RenderedText:
    """A purpose's text with these values, its names cut until it goes into two parts."""
    version = TEMPLATE_VERSIONS[purpose]
    template = _environment().get_template(f"{purpose}.{version}.en.sms.txt")
    text = ""
    for most in _NAME_LENGTHS:
        cut = {name: _cut(value, most) if name in ("setting", "child") else value
               for name, value in values.items()}  # fmt: skip
        text = plain(template.render(cut)).strip()
        if parts(text) <= MOST_PARTS:
            break
    return RenderedText(text, version)


def _cut(name: str, most: int) -> str:
    return name if len(name) <= most else name[: most - 2].rstrip() + ".."


def _values(
    message: Message, contact: Contact, profile: SettingProfile, links: LinkMaker
) -> dict[str, str]:
    about = message.about
    values: dict[str, str] = {
        "person": contact.details.name,
        "child": contact.first_name_of(about.child_id or "") or "your child",
        "setting": profile.name,
        "phone": profile.phone or "the number you know",
    }
    if about.day:
        values["day"] = f"{about.day:%A %-d %B %Y}"
    if about.link and about.subject_id:
        values["link"] = links.url(about.link, about.subject_id, message.person_id)
    if not message.purpose.essential:
        stop = links.url("preferences", contact.id, message.person_id)
        values["stop"] = f"{stop}?purpose={message.purpose}"
    return values


def render_values(
    purpose: Purpose, values: Mapping[str, str], headers: dict[str, str] | None = None
) -> Rendered:
    """A purpose's template with these values. Its first line is the subject."""
    version = TEMPLATE_VERSIONS[purpose]
    written = _environment().get_template(f"{purpose}.{version}.en.txt").render(values)
    subject, _, text = written.partition("\n")
    subject = subject.strip()
    text = text.strip() + "\n"
    paragraphs = [block.strip() for block in text.split("\n\n") if block.strip()]
    html = _environment().get_template("email.html").render(subject=subject, paragraphs=paragraphs)
    return Rendered(subject, text, html, headers or {}, version)


SAMPLE_VALUES = {
    "person": "Sam Example",
    "child": "Alex",
    "setting": "Example School",
    "phone": "01234 567 890",
    "day": "Friday 5 March 2027",
    "link": "https://plans.example.org/family/plans/sample",
    "stop": "https://notifications.example.org/family/preferences/sample",
}
"""For previews."""
