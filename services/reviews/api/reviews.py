"""Review."""

from typing import Any

from services.reviews.api import store
from services.reviews.commands import review as commands
from services.reviews.commands import schedule
from services.reviews.domain.review import Review
from services.reviews.schemas import (
    ContributionIn,
    DecideIn,
    DiscussionIn,
    FindingsSchema,
    HoldIn,
    ReviewIn,
    ReviewOut,
    ReviewsQuery,
)
from shared.web.app import ServiceBlueprint
from shared.web.guard import caller, subject
from shared.web.paging import PageQuery, page, page_schema
from shared.web.requests import expected_version, versioned

blueprint = ServiceBlueprint("reviews", "reviews", description="Reviews of plans")


@blueprint.get("/settings/<id:setting_id>/reviews")
@blueprint.arguments(ReviewsQuery, location="query")
@blueprint.response(200, page_schema(ReviewOut))
def list_setting_reviews(query: dict[str, Any], setting_id: str) -> dict[str, Any]:
    """List a setting's reviews by date: what is due, overdue, to be discussed"""
    chosen: dict[str, Any] = {"setting_id": setting_id}
    if state := query.pop("state"):
        chosen["state"] = state.value
    if due_by := query.pop("due_by"):
        chosen["due_on"] = {"$lte": due_by.isoformat()}
    return page(store.reviews, chosen, by="due_on", **query)


@blueprint.post("/plans/<id:plan_id>/reviews")
@blueprint.arguments(ReviewIn)
@blueprint.response(201, ReviewOut)
def schedule_review(body: dict[str, Any], plan_id: str) -> Review:
    """Arrange one more review of a plan"""
    return versioned(schedule.schedule_review(store, plan_id, body["due_on"]))


@blueprint.get("/plans/<id:plan_id>/reviews")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_schema(ReviewOut))
def list_reviews(query: dict[str, Any], plan_id: str) -> dict[str, Any]:
    """List a plan's reviews by date"""
    return page(store.reviews, {"plan_id": plan_id}, by="due_on", **query)


@blueprint.get("/reviews/<id:review_id>")
@blueprint.response(200, ReviewOut)
def read_review(review_id: str) -> Review:
    """Read a review"""
    return versioned(subject().thing)


@blueprint.post("/reviews/<id:review_id>/move")
@blueprint.arguments(ReviewIn)
@blueprint.response(200, ReviewOut)
def move_review(body: dict[str, Any], review_id: str) -> Review:
    """Move a review, within the rule of three a year"""
    return versioned(schedule.move_review(store, review_id, body["due_on"], expected_version()))


@blueprint.post("/reviews/<id:review_id>/contributions")
@blueprint.arguments(ContributionIn)
@blueprint.response(201, ReviewOut)
def contribute(body: dict[str, Any], review_id: str) -> Review:
    """Contribute to a review"""
    return versioned(commands.contribute(store, review_id, caller().id, body))


@blueprint.post("/reviews/<id:review_id>/hold")
@blueprint.arguments(HoldIn)
@blueprint.response(200, ReviewOut)
def hold_review(body: dict[str, Any], review_id: str) -> Review:
    """Record that a review has taken place, and who took part"""
    return versioned(
        commands.hold_review(store, subject().thing, **body, expected=expected_version())
    )


@blueprint.post("/reviews/<id:review_id>/complete")
@blueprint.arguments(FindingsSchema)
@blueprint.response(200, ReviewOut)
def complete_review(body: dict[str, Any], review_id: str) -> Review:
    """Rate outcomes and provisions; a decision is proposed"""
    return versioned(commands.complete_review(store, subject().thing, body, expected_version()))


@blueprint.post("/reviews/<id:review_id>/decide")
@blueprint.arguments(DecideIn)
@blueprint.response(200, ReviewOut)
def decide_review(body: dict[str, Any], review_id: str) -> Review:
    """Decide what follows from a review"""
    return versioned(
        commands.decide_review(
            store, review_id, by=caller().id, expected=expected_version(), **body
        )
    )


@blueprint.post("/reviews/<id:review_id>/discussion")
@blueprint.arguments(DiscussionIn)
@blueprint.response(200, ReviewOut)
def record_discussion(body: dict[str, Any], review_id: str) -> Review:
    """Record that the family has discussed a review"""
    return versioned(commands.record_discussion(store, review_id, body, expected_version()))
