"""Several pieces of news that went out as one message, each with its way on."""

from flask import current_app, render_template

from services.notifications.commands.decide import still_to_say
from services.notifications.pages import store
from services.notifications.pages.preferences import blueprint
from services.notifications.rendering.links import LinkMaker
from services.notifications.rendering.messages import Speaker
from shared.errors import NotFound
from shared.identity.links import Links
from shared.web.link_pages import read_link, record_visit


@blueprint.get("/family/news/<token>")
def read_news(token: str) -> str:
    """What a message about several things told, as far as it still holds."""
    link = read_link(token, "news")
    message = store.messages.get(link.subject)
    contact = store.contact_of(message.setting_id, message.person_id)
    if contact is None or link.person_id != message.person_id:
        raise NotFound("This link has expired or is not complete.", code="link")
    said, _ = still_to_say(store, message, contact)
    for child_id in {part.about.child_id for part in said} - {None}:
        record_visit(store.database, about=f"message/{message.id}", child_id=str(child_id),
                     setting_id=message.setting_id, entitled=True)  # fmt: skip
    settings = current_app.extensions["sen.settings"]
    links = LinkMaker(Links(settings.link_keys, settings.link_days), settings.public_urls)
    languages = current_app.extensions["sen.languages"]
    speaks = Speaker(contact, store.profile(message.setting_id), links,
                     contact.details.language.among(languages))  # fmt: skip
    return render_template(
        "news.html", items=speaks.items(message, said), setting=speaks.profile,
        language=speaks.language,
    )  # fmt: skip
