"""Messages, and the templates they are made from."""

from typing import Any

from services.notifications.api import store
from services.notifications.domain.message import Message
from services.notifications.domain.text_message import parts
from services.notifications.domain.values import Purpose
from services.notifications.rendering.messages import render_text_values, render_values
from services.notifications.rendering.samples import sample_text_values, sample_values
from services.notifications.rendering.templates import OWN, VERSIONS, find
from services.notifications.schemas import (
    MessageOut,
    MessagesQuery,
    TemplateOut,
    TemplatesQuery,
)
from shared.web.app import ServiceBlueprint
from shared.web.guard import subject
from shared.web.paging import page, page_schema

blueprint = ServiceBlueprint("messages", "messages", description="What families were told")


@blueprint.get("/settings/<id:setting_id>/messages")
@blueprint.arguments(MessagesQuery, location="query")
@blueprint.response(200, page_schema(MessageOut))
def list_messages(query: dict[str, Any], setting_id: str) -> dict[str, Any]:
    """List a setting's messages: to a person, about a child, in a state"""
    chosen: dict[str, Any] = {"setting_id": setting_id}
    for name in ("person_id", "child_id"):
        if value := query.pop(name):
            chosen[name] = value
    if state := query.pop("state"):
        chosen["state"] = state.value
    return page(store.messages, chosen, readable=True, **query)


@blueprint.get("/messages/<id:message_id>")
@blueprint.response(200, MessageOut)
def read_message(message_id: str) -> Message:
    """Read what became of a message"""
    message: Message = subject().thing
    return message


@blueprint.get("/templates")
@blueprint.arguments(TemplatesQuery, location="query")
@blueprint.response(200, TemplateOut(many=True))
def list_templates(query: dict[str, Any]) -> list[dict[str, Any]]:
    """List the templates in one language, filled with sample values"""
    shown, wanted = [], query["language"]
    names = [(purpose, purpose.value) for purpose in Purpose] + list(OWN.items())
    for purpose, name in names:
        email = render_values(name, sample_values(name, wanted), wanted)
        text = render_text_values(name, sample_text_values(name, wanted), wanted)
        _, language = find(name, wanted)
        shown.append(
            {"purpose": purpose, "language": language, "checked": language.checked,
             "version": VERSIONS[name], "essential": purpose.essential,
             "own": name in OWN.values(),
             "subject": email.subject, "text": email.text, "sms": text.text,
             "sms_parts": parts(text.text)}
        )  # fmt: skip
    return shown
