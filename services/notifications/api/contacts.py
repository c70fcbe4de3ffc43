"""Contacts."""

from typing import Any

from services.notifications.api import store
from services.notifications.commands import contacts, receive
from services.notifications.domain.contact import Contact, Details
from services.notifications.schemas import (
    ContactIn,
    ContactOut,
    DetailsSchema,
    NameIn,
    ReplyOut,
)
from services.notifications.store.replies import Reply
from shared.web.app import ServiceBlueprint
from shared.web.guard import caller, subject
from shared.web.paging import PageQuery, page, page_schema
from shared.web.requests import expected_version, versioned

blueprint = ServiceBlueprint("contacts", "contacts", description="How people are reached")

_REPLIES_SHOWN = 200


@blueprint.post("/settings/<id:setting_id>/contacts")
@blueprint.arguments(ContactIn)
@blueprint.response(201, ContactOut)
def add_contact(body: dict[str, Any], setting_id: str) -> Contact:
    """Record how a parent or young person is reached"""
    return versioned(contacts.add_contact(store, setting_id, body["person_id"], body["details"]))


@blueprint.get("/settings/<id:setting_id>/contacts")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_schema(ContactOut))
def list_contacts(query: dict[str, Any], setting_id: str) -> dict[str, Any]:
    """List a setting's contacts"""
    return page(store.contacts, {"setting_id": setting_id}, **query)


@blueprint.get("/contacts/<id:contact_id>")
@blueprint.response(200, ContactOut)
def read_contact(contact_id: str) -> Contact:
    """Read a contact"""
    return versioned(subject().thing)


@blueprint.put("/contacts/<id:contact_id>")
@blueprint.arguments(DetailsSchema)
@blueprint.response(200, ContactOut)
def change_contact(body: Details, contact_id: str) -> Contact:
    """Keep a contact's details right"""
    return versioned(contacts.change_contact(store, contact_id, body, expected_version()))


@blueprint.get("/contacts/<id:contact_id>/replies")
@blueprint.response(200, ReplyOut(many=True))
def list_replies(contact_id: str) -> list[Reply]:
    """List what a person has texted back, newest first"""
    contact: Contact = subject().thing
    return store.replies.of_person(contact.setting_id, contact.person_id, _REPLIES_SHOWN)


@blueprint.post("/contacts/<id:contact_id>/replies/<id:reply_id>/read")
@blueprint.response(204)
def read_reply(contact_id: str, reply_id: str) -> None:
    """Say that you have read a text that a person sent back"""
    receive.read_reply(store, subject().thing, reply_id, caller().id)


@blueprint.post("/contacts/<id:contact_id>/child-name")
@blueprint.arguments(NameIn)
@blueprint.response(200, ContactOut)
def name_child(body: dict[str, Any], contact_id: str) -> Contact:
    """Say by which first name a person is told about a child, the same again too"""
    named = contacts.name_child(store, contact_id, expected=expected_version(), **body)
    return versioned(named)
