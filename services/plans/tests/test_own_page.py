"""A young person's page of their plan speaks to them; a parent's speaks of the child."""

from datetime import timedelta

import pytest

from shared import clock
from shared.identity.links import Link, Links
from tests.support.house import LINK_KEY, Service
from tests.support.story import School


@pytest.mark.parametrize("years", [8, 17])
def test_who_reads_about_themselves_is_spoken_to(plans: Service, years: int) -> None:
    school = School(plans)
    born = clock.today() - timedelta(days=years * 366)
    child = school.child(born.isoformat())
    plan = school.active(child)
    parent = child["parents"][0]["person_id"]
    reader, title = (parent, "Robin\u2019s plan") if years < 16 else (child["id"], "Your plan")
    token = Links((LINK_KEY,), 90).sign(Link("plan", plan["id"], reader))
    page = plans.anonymous().get(f"/family/plans/{token}")
    assert page.status_code == 200
    assert f'<h1 class="govuk-heading-l">{title}</h1>' in page.text
    assert ("Robin" in page.text) == (years < 16)
