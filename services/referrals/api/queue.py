"""A support service's queue."""

from typing import Any

from flask import Response

from services.referrals.api import store
from services.referrals.commands import queue, waiting
from services.referrals.commands.live import changes_of_queue
from services.referrals.schemas.directory import AgeingOut, CouncilFiguresOut
from services.referrals.schemas.triage import (
    BulkIn,
    BulkOut,
    LookOut,
    QueueItemOut,
    QueueQuery,
    queue_filter,
)
from shared.web import live
from shared.web.app import ServiceBlueprint, real
from shared.web.guard import caller
from shared.web.paging import page_schema

blueprint = ServiceBlueprint("queue", "queue", description="A support service's queue")


@blueprint.get("/support-services/<id:support_service_id>/queue")
@blueprint.arguments(QueueQuery, location="query")
@blueprint.response(200, page_schema(QueueItemOut))
def read_queue(query: dict[str, Any], support_service_id: str) -> dict[str, Any]:
    """Read your service's queue: the most urgent first, then the longest waiting"""
    reader, order = caller().id, query.pop("sort")
    chosen = queue_filter(query, reader)
    return queue.read_queue(store, support_service_id, reader, chosen, order, **query)


@blueprint.post("/support-services/<id:support_service_id>/queue/looked")
@blueprint.response(200, LookOut)
def look_at_queue(support_service_id: str) -> dict[str, Any]:
    """Say that you have looked: what changes from now on is new to you"""
    return {"at": queue.look(store, support_service_id, caller().id)}


@blueprint.post("/support-services/<id:support_service_id>/queue/bulk")
@blueprint.arguments(BulkIn)
@blueprint.response(200, BulkOut)
def act_on_many(body: dict[str, Any], support_service_id: str) -> queue.Bulk:
    """Do one thing to many referrals: each is done, or refused by itself"""
    chosen = [(one["id"], one["version"]) for one in body["chosen"]]
    return queue.act_on_many(
        store, support_service_id, caller().id, body["action"], chosen, body["to"]
    )


@blueprint.get("/support-services/<id:support_service_id>/ageing")
@blueprint.response(200, AgeingOut)
def read_ageing(support_service_id: str) -> dict[str, Any]:
    """Read how old what a service holds is"""
    return waiting.ageing(store, support_service_id)


@blueprint.get("/ageing")
@blueprint.response(200, CouncilFiguresOut)
def read_all_ageing() -> dict[str, Any]:
    """Read every service's figures, as they were last counted"""
    return {"items": waiting.council_table(store)}


@blueprint.get("/support-services/<id:support_service_id>/queue/live")
@blueprint.response(200, content_type="text/event-stream")
def follow_queue(support_service_id: str) -> Response:
    """Follow a queue: an event whenever something in it changes (server-sent events)"""
    return live.stream(changes_of_queue(real(store), support_service_id, live.since()))
