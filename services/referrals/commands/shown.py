"""What a family is shown of a referral, with the words of the service's own questions."""

from services.referrals.domain.form import FormQuestion
from services.referrals.domain.referral import Referral
from services.referrals.domain.shown import Row, Version, version_of, what_is_shown
from services.referrals.domain.support_service import SupportService
from services.referrals.domain.values import ReferralStatus


def rows_of(service: SupportService | None, referral: Referral) -> list[Row]:
    """The rows of the family's page, in order. A draft is sent with the form that is in use when it
    is sent, so its questions are shown as they are asked today."""
    return what_is_shown(referral.request, _questions(service, referral), referral.attachments)


def _questions(service: SupportService | None, referral: Referral) -> list[FormQuestion]:
    if service is None:
        return []
    if referral.status is ReferralStatus.DRAFT:
        return service.form.questions
    version = referral.request.form_version or 0
    return next((f.questions for f in service.forms if f.version == version), [])


def shown_of(service: SupportService | None, referral: Referral) -> Version:
    """The version of the request that an answer given now is given to."""
    return version_of(referral.request, rows_of(service, referral))
