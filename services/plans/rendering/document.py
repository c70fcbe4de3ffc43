"""The written copy as HTML that stands alone, and as an accessible PDF made from it."""

from datetime import date
from functools import cache

from jinja2 import PackageLoader, StrictUndefined

from services.plans.domain.child import Child
from services.plans.domain.content import Content
from services.plans.domain.plan import Plan, VersionRef
from services.plans.domain.setting import Setting
from services.plans.templates import TEMPLATES
from shared import words
from shared.clock import day_of
from shared.web.bidi import IsolatingEnvironment, said_and_marked

AREA_WORDS = {
    "communication_and_interaction": "Communication and interaction",
    "cognition_and_learning": "Cognition and learning",
    "social_emotional_and_mental_health": "Social, emotional and mental health",
    "sensory_and_physical": "Sensory and/or physical needs",
}


def day_words(day: date | None) -> str:
    """A date, or a moment's date in London, as people write it: 3 September 2026."""
    return words.day_words(day) or "not set"


@cache
def _environment() -> IsolatingEnvironment:
    made = IsolatingEnvironment(
        loader=PackageLoader("services.plans", "rendering"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["day"] = day_words
    made.filters["said"] = said_and_marked
    made.filters["area"] = lambda area: AREA_WORDS[area]
    return made


def render_html(
    plan: Plan, version: VersionRef, content: Content, child: Child, setting: Setting
) -> str:
    """One version as a whole HTML document, with its styles, and nothing to load from anywhere."""
    staff = {member.person_id: member.name for member in setting.staff}
    return (
        _environment()
        .get_template("copy.html")
        .render(
            plan=plan,
            version=version,
            made_on=day_of(version.made_at),
            content=content,
            child=child,
            setting=setting,
            responsible=staff.get(content.responsible_id or ""),
            template=TEMPLATES[(plan.template, plan.template_version)],
        )
    )


def render_pdf(html: str) -> bytes:
    """The same document as a tagged PDF (PDF/UA-1, ISO 14289-1)."""
    # Loaded at first use: only the process that issues copies carries it.
    from weasyprint import HTML

    pdf: bytes = HTML(string=html, url_fetcher=_nothing_from_outside).write_pdf(
        pdf_variant="pdf/ua-1"
    )
    return pdf


def _nothing_from_outside(url: str, *_: object, **__: object) -> dict[str, object]:
    raise ValueError(f"a copy loads nothing: {url}")
