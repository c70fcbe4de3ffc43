"""What every page behind a signed link does first: read the link, put the visit on record."""

from flask import current_app

from shared import context
from shared.errors import NotFound
from shared.identity.links import Link, Links
from shared.store import audit
from shared.store.database import MongoDatabase


def read_link(token: str, purpose: str) -> Link:
    """The link in the URL; its person becomes the actor. Raises NotFound."""
    settings = current_app.extensions["sen.settings"]
    link = Links(settings.link_keys, settings.link_days).read(token, purpose)
    context.amend(actor_id=link.person_id, actor_role="link")
    return link


def token_for(purpose: str, subject: str, person_id: str) -> str:
    """A link of the same person's to another of their pages."""
    settings = current_app.extensions["sen.settings"]
    return Links(settings.link_keys, settings.link_days).sign(Link(purpose, subject, person_id))


def record_visit(
    database: MongoDatabase, *, about: str, child_id: str, setting_id: str, entitled: bool
) -> None:
    """Put the visit into the audit trail before it is answered. Raises NotFound for those who
    are not, or no more, entitled."""
    audit.note(
        database, about=about, child_id=child_id, setting_id=setting_id,
        access="read" if entitled else "refused", refused=None if entitled else "not entitled",
    )  # fmt: skip
    if not entitled:
        raise NotFound("This link has expired or is not complete.", code="link")
