"""The words of one message, as an email and as a text. A missing value is an error."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import escape

from services.notifications.domain.contact import Contact, SettingProfile
from services.notifications.domain.message import Message, Part
from services.notifications.domain.text_message import MOST_PARTS, parts, plain, without_marks
from services.notifications.domain.values import Language, Purpose
from services.notifications.rendering.links import LinkMaker
from services.notifications.rendering.templates import (
    DIGEST,
    FOOTER,
    OWN,
    STAFF_FOOTER,
    VERSIONS,
    day_in_words,
    environment,
    find,
    isolated,
)
from services.notifications.rendering.values import sayable
from shared.text import shown

Values = Mapping[str, Any]

_NAME_LENGTHS = (60, 30, 20, 12)
"""How much of the setting's and the child's name a text says, at most."""
_NOT_RECORDED = {
    Language.ENGLISH: ("your child", "the number you know", "SEN Support"),
    Language.POLISH: ("Państwa dziecko", "znany numer", "SEN Support"),
    Language.URDU: ("آپ کا بچہ", "آپ کے پاس موجود نمبر", "SEN Support"),
}
"""What is said in place of a child's name, of the setting's number, and of its name."""
_NO_SETTING = {
    Language.ENGLISH: "your setting", Language.POLISH: "SEN Support", Language.URDU: "SEN Support",
}  # fmt: skip
"""What stands for a setting without a profile, for whoever is no parent."""
_READER = {
    Language.ENGLISH: ("parent or carer", "student", "colleague"),
    Language.POLISH: ("rodzicu lub opiekunie", "uczniu lub uczennico", "współpracowniku"),
    Language.URDU: ("والدین یا سرپرست", "طالب علم", "ساتھی"),
}
"""What is said in place of a name of which nothing can be seen, as earlier releases took them: of
somebody who is told about a child, about themselves, or at work."""
_NAMES = ("setting", "child")
_TO_STAFF = frozenset(purpose.value for purpose in Purpose if purpose.to_staff)


_OUTCOME_OF_BEFORE = {
    Purpose.EVENING_SLOTS: "open",
    Purpose.ASSESSMENT_REQUESTED: "requested",
}
"""What messages speak of that were made before they said it."""


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


@dataclass(frozen=True)
class Item:
    """One piece of news of several that go out together."""

    title: str
    link: str | None


@dataclass(frozen=True)
class Speaker:
    """Who speaks to whom, in which language, and what a SENCO's list holds."""

    contact: Contact
    profile: SettingProfile
    links: LinkMaker
    language: Language = Language.ENGLISH
    lines: Sequence[str] = ()

    def email(self, message: Message, said: Sequence[Part]) -> Rendered:
        """The words of an email that says these parts of a message.

        Raises jinja2.UndefinedError when a value is missing.
        """
        stops = [part.purpose for part in said if not part.purpose.essential]
        headers = {}
        if stops:  # one click in the mail program (RFC 8058)
            headers = {"List-Unsubscribe": f"<{self._stop(message, stops)}>",
                       "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}  # fmt: skip
        name, values = self._said(message, said)
        at_work = all(part.purpose.to_staff for part in said)
        footer = STAFF_FOOTER if at_work else FOOTER
        return render_values(name, values, self.language, headers, footer=footer)

    def text(
        self, message: Message, said: Sequence[Part], shorten: Callable[[str], str]
    ) -> RenderedText:
        """The words of a text. `shorten` makes a short address of a long one.

        Raises jinja2.UndefinedError when a value is missing.
        """
        name, values = self._said(message, said)
        if name == DIGEST:
            values["link"] = self.links.url("news", message.id, message.person_id)
        for key in ("link", "stop"):
            if values.get(key):
                values[key] = shorten(values[key])
        return render_text_values(name, values, self.language)

    def items(self, message: Message, said: Sequence[Part]) -> list[Item]:
        """Each part's headline and link, as they stand in a message about several."""
        found = []
        for part in said:
            values = self._values(message, part)
            subject = render_values(_template(part, values), values, self.language).subject
            for setting in (isolated(values, self.language)["setting"], values["setting"]):
                subject = subject.removeprefix(f"{setting}: ")
            found.append(Item(subject[:1].upper() + subject[1:], values.get("link")))
        return found

    def _said(self, message: Message, said: Sequence[Part]) -> tuple[str, dict[str, Any]]:
        values = self._values(message, said[0])
        if len(said) == 1:
            return _template(said[0], values), values
        stops = [part.purpose for part in said if not part.purpose.essential]
        values["stop"] = self._stop(message, stops) if stops else ""
        return DIGEST, {**values, "items": self.items(message, said)}

    def _values(self, message: Message, part: Part) -> dict[str, Any]:
        about, details = part.about, self.contact.details
        child, phone, _ = _NOT_RECORDED[self.language]
        parent, young_person, colleague = _READER[self.language]
        own = about.child_id is not None and about.child_id == message.person_id
        named = self.profile.version or not (own or part.purpose.to_staff)
        values: dict[str, Any] = {
            "person": shown(details.name)
            or (colleague if part.purpose.to_staff else young_person if own else parent),
            # Whether they read about themselves.
            "own": own,
            "child": shown(self.contact.first_name_of(about.child_id or "") or "") or child,
            "setting": (named and shown(self.profile.name)) or _NO_SETTING[self.language],
            "phone": shown(self.profile.phone) or phone,
            "lines": list(self.lines),
            "preferences": self.links.url("preferences", self.contact.id, message.person_id),
        }
        if about.day:
            values["day"] = day_in_words(about.day, self.language)
        if outcome := about.outcome or _OUTCOME_OF_BEFORE.get(part.purpose):
            values["outcome"] = outcome
        if about.link and about.subject_id:
            values["link"] = self.links.url(about.link, about.subject_id, message.person_id)
        if not part.purpose.essential:
            values["stop"] = self._stop(message, [part.purpose])
        return sayable(values)

    def _stop(self, message: Message, purposes: Sequence[Purpose]) -> str:
        at = self.links.url("preferences", self.contact.id, message.person_id)
        return f"{at}?{'&'.join(f'purpose={one}' for one in dict.fromkeys(purposes))}"


def _template(part: Part, values: Values) -> str:
    """The template of a part: another for a young person who reads about themselves."""
    return OWN.get(part.purpose, part.purpose) if values["own"] else part.purpose


def render_values(
    name: str,
    values: Values,
    language: Language = Language.ENGLISH,
    headers: dict[str, str] | None = None,
    *,
    footer: str | None = None,
) -> Rendered:
    """A template with these values. Its first line is the subject. Who gets it as part of their
    work has a footer of their own."""
    values = sayable(values)
    template, spoken = find(name, language)
    written = template.render(isolated(values, spoken)).lstrip()
    closing, _ = find(footer or (STAFF_FOOTER if name in _TO_STAFF else FOOTER), spoken)
    subject, _, text = written.partition("\n")
    subject = subject.strip()
    text = f"{text.strip()}\n\n{closing.render(isolated(values, spoken)).strip()}\n"
    paragraphs = [block.strip() for block in text.split("\n\n") if block.strip()]
    # The names in the subject are isolated already, and the page has its language's direction.
    html = environment().get_template("email.html").render(
        subject=escape(subject), paragraphs=paragraphs, language=spoken,
    )  # fmt: skip
    return Rendered(subject, text, html, headers or {}, VERSIONS[name])


def render_text_values(
    name: str, values: Values, language: Language = Language.ENGLISH
) -> RenderedText:
    """A template's text with these values, cut until it goes into two parts: names first, then
    what the template itself can do without."""
    values = sayable(values)
    template, spoken = find(name, language, sms=True)
    text = ""
    for tried in _shorter_and_shorter(values, spoken):
        text = plain(template.render(isolated(tried, spoken))).strip()
        text = min((text, without_marks(text)), key=parts)
        if parts(text) <= MOST_PARTS:
            break
    return RenderedText(text, VERSIONS[name])


def _shorter_and_shorter(values: Values, language: Language) -> Iterator[dict[str, Any]]:
    cut: dict[str, Any] = {}
    for short in (False, True):
        for most in _NAME_LENGTHS:
            cut = {key: _cut(value, most) if key in _NAMES else value
                   for key, value in values.items()}  # fmt: skip
            yield {**cut, "short": short}
    # A name in another alphabet halves the room: then the text does without it.
    child, _, setting = _NOT_RECORDED[language]
    for generic in ({"child": child}, {"child": child, "setting": setting}):
        yield {**cut, **generic, "short": True}


def _cut(name: str, most: int) -> str:
    return name if len(name) <= most else name[: most - 2].rstrip() + ".."
