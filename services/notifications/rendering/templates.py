"""Finding a template: by name, version and language; English where a language has none."""

from collections.abc import Mapping
from datetime import date
from functools import cache

from babel.dates import format_date
from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape

from services.notifications.domain.values import Language, Purpose
from shared import text
from shared.web.bidi import END, ISOLATE, IsolatingEnvironment, elements, marked

DIGEST, FOOTER, STAFF_FOOTER = "digest", "footer", "footer_staff"
OWN: Mapping[Purpose, str] = {
    purpose: f"own_{purpose}"
    for purpose in (
        Purpose.SUPPORT_STARTED,
        Purpose.PLAN_READY,
        Purpose.REVIEW_COMING,
        Purpose.REVIEW_TO_DISCUSS,
        Purpose.LET_US_TALK,
        Purpose.REFERRAL_CONSENT,
        Purpose.REFERRAL_DECIDED,
        Purpose.REFERRAL_PROGRESS,
        Purpose.REFERRAL_ENDED,
        Purpose.REFERRAL_OVERRIDDEN,
        Purpose.PLAN_ENDED,
        Purpose.EVENING_SLOTS,
        Purpose.ASSESSMENT_REQUESTED,
        Purpose.ASSESSMENT_DECIDED,
        Purpose.EHC_PLAN_DECIDED,
    )
}
"""The templates for a young person who reads about themselves."""
VERSIONS: Mapping[str, int] = {
    **dict.fromkeys((purpose.value for purpose in Purpose), 1),
    **dict.fromkeys(OWN.values(), 1),
    **dict.fromkeys((DIGEST, FOOTER, STAFF_FOOTER), 1),
}
"""The version of each template that is in use."""
FOOTERS = (FOOTER, STAFF_FOOTER)
PURPOSE_OF: Mapping[str, Purpose] = {
    **{purpose.value: purpose for purpose in Purpose},
    **{name: purpose for purpose, name in OWN.items()},
}
"""The purpose that a template is for: the others are for several at once, or stand below."""

_SAID = ("person", "child", "setting", "phone")
"""What people have typed."""
_CODES = frozenset({"outcome"})
"""What templates compare, and never say."""


@cache
def environment() -> Environment:
    """Where templates come from. A missing value is an error, never a blank."""
    made = IsolatingEnvironment(
        loader=PackageLoader("services.notifications", "templates"),
        undefined=StrictUndefined,
        autoescape=select_autoescape(["html"], default=False),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["elements"] = elements
    return made


def find(name: str, language: Language, *, sms: bool = False) -> tuple[Template, Language]:
    """The template in use, and its language: English where there is none in `language`."""
    ending = ".sms.txt" if sms else ".txt"
    wanted = [f"{one}/{name}.{VERSIONS[name]}{ending}" for one in (language, Language.ENGLISH)]
    found = environment().select_template(wanted)
    return found, Language.ENGLISH if found.name == wanted[1] else language


def day_in_words(day: date, language: Language) -> str:
    """`Friday 5 March 2027`, in that language."""
    return str(format_date(day, "EEEE d MMMM y", locale=language.value))


def isolated(values: Mapping[str, object], language: Language) -> dict[str, object]:
    """The values as they go into a text of that language: each on one line, keeping its own
    direction, and nothing that people have typed is a link. Without marks the groups of a telephone
    number change places in a line from right to left, as words do beside a name in an English one.
    """
    found: dict[str, object] = {}
    for name, value in values.items():
        said = text.unlinked(value) if name in _SAID and isinstance(value, str) else value
        if not isinstance(said, str) or name in _CODES or said.startswith(("http://", "https://")):
            found[name] = said
        elif language.right_to_left:
            found[name] = f"{ISOLATE}{said}{END}"
        else:
            found[name] = marked(said)
    return found
