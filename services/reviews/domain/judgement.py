"""What a review shows, and the decision that the system proposes; a person decides [B]."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.reviews.domain.values import Decision, Delivered, Rating, Result


@dataclass(frozen=True)
class ProvisionSeen:
    """How much of one provision was delivered, and which outcomes it serves."""

    outcome_ids: frozenset[str]
    delivered: Delivered


def judge(
    ratings: Mapping[str, Rating], provisions: Sequence[ProvisionSeen], insufficient_from: int = 1
) -> Result:
    """What the cycle came to.

    `insufficient_from` is how many outcomes without enough progress make it insufficient. A cycle
    in which nothing could be rated, or whose failing outcomes were served by provision none of
    which was delivered, is unclear: that is no failure of the child's.
    """
    rated = {key: rating for key, rating in ratings.items() if rating is not Rating.NOT_RATED}
    if not rated:
        return Result.UNCLEAR
    if provisions and all(seen.delivered is Delivered.NONE for seen in provisions):
        return Result.UNCLEAR
    failing = {key for key, rating in rated.items() if rating.is_not_enough}
    if len(failing) >= insufficient_from:
        serving = [seen for seen in provisions if seen.outcome_ids & failing]
        if serving and all(seen.delivered is Delivered.NONE for seen in serving):
            return Result.UNCLEAR
        return Result.INSUFFICIENT
    if len(rated) == len(ratings) and all(r is Rating.MET for r in rated.values()):
        return Result.MET
    return Result.SUFFICIENT


def propose(result: Result, *, support_still_needed: bool) -> Decision:
    """The decision that the result suggests, by the table of the graduated approach [B]."""
    if result is Result.MET and not support_still_needed:
        return Decision.CEASE
    return Decision.ADJUST if result is Result.INSUFFICIENT else Decision.AMEND
