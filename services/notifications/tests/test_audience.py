"""Who is written to: parents about their child, a young person about themselves, staff as staff."""

from datetime import UTC, date, datetime

import pytest

from deploy.local.stack import SERVICES
from services.notifications.domain.contact import ChildName, Contact, Details, SettingProfile
from services.notifications.domain.message import About, Message, Part
from services.notifications.domain.values import Channel, Language, Purpose
from services.notifications.rendering.links import LinkMaker
from services.notifications.rendering.messages import Speaker
from services.notifications.rendering.samples import OUTCOMES
from shared import ids
from shared.identity.links import Links
from shared.text import shown
from tests.support.house import LINK_KEY

NOW = datetime(2030, 3, 4, 9, tzinfo=UTC)
CHILD, PARENT, SETTING = ids.new_id(), ids.new_id(), ids.new_id()
NAME = "Zebedee"
TO_FAMILIES = [purpose for purpose in Purpose if not purpose.to_staff]
TO_STAFF = [purpose for purpose in Purpose if purpose.to_staff]
# How somebody speaks of another's child; of parents; and to more than one, in Polish.
_OF_ANOTHER = {
    Language.ENGLISH: (NAME, "your child", "their "),
    Language.POLISH: (NAME, "dzieck", "dzieci", "Państw", "Panstw"),
    Language.URDU: (NAME, "بچہ", "بچے", "بچوں"),
}
_PARENTS_EVENING = ("parents\u2019 evening", "parents' evening")
_FAMILY_FOOTER = "how we reach you, when, and in which language"


def _speaker(person_id: str, language: Language, named: bool = True) -> Speaker:
    details = Details(
        "Sam Example",
        "sam@example.org",
        "+447700900131",
        language,
        [Channel.EMAIL],
        [ChildName(CHILD, NAME)],
    )
    contact = Contact(ids.new_id(), person_id, SETTING, details)
    profile = SettingProfile(SETTING, SETTING, "Example School", "01234 567 890", version=1)
    if not named:
        profile = SettingProfile(SETTING, SETTING, "your child's setting", "")
    links = LinkMaker(
        Links((LINK_KEY,), 90), {service: f"https://{service}.example" for service in SERVICES}
    )
    return Speaker(contact, profile, links, language, ["1 review is past its day"])


def _message(person_id: str, purpose: Purpose, outcome: str | None) -> Message:
    about = About(
        None if purpose.to_staff else CHILD,
        "session" if purpose.to_staff else "plan",
        ids.new_id(),
        date(2030, 3, 20),
        outcome,
    )
    return Message(ids.new_id(), person_id, about.child_id, SETTING, purpose, about, NOW, NOW)


def _words(
    person_id: str, purpose: Purpose, outcome: str | None, language: Language, named: bool = True
) -> list[str]:
    """The email's subject and text, the text, and the headline among others."""
    speaks, message = _speaker(person_id, language, named), _message(person_id, purpose, outcome)
    said = message.all_parts()
    email = speaks.email(message, said)
    text = speaks.text(message, said, lambda url: "https://n.example/l/abcdefghijkl")
    return [
        email.subject,
        email.text,
        text.text,
        *(one.title for one in speaks.items(message, said)),
    ]


def _every(purposes: list[Purpose]) -> list[tuple[Purpose, str | None]]:
    return [(one, outcome) for one in purposes for outcome in OUTCOMES.get(one, (None,))]


@pytest.mark.parametrize("named", [True, False], ids=["named", "no profile"])
@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(("purpose", "outcome"), _every(TO_FAMILIES))
def test_a_young_person_reads_about_themselves(
    purpose: Purpose, outcome: str | None, language: Language, named: bool
) -> None:
    if outcome in ("capacity", "represented"):  # to whoever acts for them
        return
    for words in _words(CHILD, purpose, outcome, language, named):
        for name in _PARENTS_EVENING:
            words = words.replace(name, "")
        found = [said for said in _OF_ANOTHER[language] if said in words]
        assert not found, words


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(("purpose", "outcome"), _every(TO_FAMILIES))
def test_a_parent_reads_about_their_child_by_name(
    purpose: Purpose, outcome: str | None, language: Language
) -> None:
    words = _words(PARENT, purpose, outcome, language)
    assert NAME in words[0] + words[1]


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(("purpose", "outcome"), _every(list(Purpose)))
def test_a_name_of_which_nothing_can_be_seen_leaves_no_gap(
    purpose: Purpose, outcome: str | None, language: Language
) -> None:
    """Earlier releases took a name of U+200B or U+3164 alone."""
    for person in (PARENT, CHILD):
        speaks, message = _speaker(person, language), _message(person, purpose, outcome)
        details, profile = speaks.contact.details, speaks.profile
        details.name = details.children[0].first_name = "\u200b\u3164"
        profile.name, profile.phone = "\u3164", "\u00ad"
        values = speaks._values(message, message.all_parts()[0])
        assert [key for key, one in values.items() if isinstance(one, str) and not shown(one)] == []
        email = speaks.email(message, message.all_parts())
        text = speaks.text(message, message.all_parts(), lambda _: "https://n.example/l/a").text
        for words in (email.subject, email.text, text):
            assert not {"\u200b", "\u3164", "\u00ad"} & set(words) and "Dear ," not in words


@pytest.mark.parametrize("purpose", TO_FAMILIES)
def test_a_family_has_the_familys_footer(purpose: Purpose) -> None:
    for person in (PARENT, CHILD):
        outcome = OUTCOMES.get(purpose, (None,))[0]
        text = _words(person, purpose, outcome, Language.ENGLISH)[1]
        assert _FAMILY_FOOTER in text and "your work" not in text


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("purpose", TO_STAFF)
def test_staff_are_written_to_as_staff(purpose: Purpose, language: Language) -> None:
    """In what goes out alone, and in what goes out with others; and nobody is their child."""
    for named in (True, False):
        speaks = _speaker(PARENT, language, named)
        message = _message(PARENT, purpose, None)
        alone = speaks.email(message, message.all_parts()).text
        more = [*message.all_parts(), Part(ids.new_id(), purpose, message.about)]
        both = speaks.email(message, more).text
        for text in (alone, both):
            assert _FAMILY_FOOTER not in text and "your child" not in text
            assert text.rstrip().rpartition("\n")[2].startswith("https://notifications.example/")
        if language is Language.ENGLISH:
            assert "because of your work at" in alone and "because of your work at" in both


def test_every_purpose_is_to_a_family_or_to_staff() -> None:
    assert set(TO_FAMILIES) | set(TO_STAFF) == set(Purpose) and TO_STAFF and TO_FAMILIES
    assert {purpose for purpose in Purpose if purpose.for_staff} <= set(TO_STAFF)
