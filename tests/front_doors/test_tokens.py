"""Which tokens open a service: access tokens of its issuer, for its audience, and no others."""

from dataclasses import replace
from typing import Any

import pytest

from deploy.local.issuer import AUDIENCE, Issuer, Person
from deploy.local.stack import SERVICES
from shared import ids
from shared.errors import Unauthenticated
from shared.identity.tokens import Verifier
from tests.support.house import Service

CLIENT = "the-pages"
_WHO = Person("Robin Vale", "senco", ids.new_id(), settings=[ids.new_id()])


def _claims(**more: Any) -> dict[str, Any]:
    return {"sub": _WHO.subject, "roles": ["senco"], "settings": _WHO.settings, **more}


@pytest.mark.parametrize(
    ("kind", "audience", "taken"),
    [
        ("at+jwt", AUDIENCE, True),
        ("AT+JWT", AUDIENCE, True),
        ("application/at+jwt", AUDIENCE, True),
        ("at+jwt", [AUDIENCE, CLIENT], True),  # it says what it is
        ("JWT", AUDIENCE, True),  # an issuer that does not say: it is not for the client
        ("JWT", [AUDIENCE, "another"], True),
        ("JWT", [AUDIENCE, CLIENT], False),
        ("JWT", CLIENT, False),
        ("at+jwt", CLIENT, False),  # an access token, and another's
        ("", [AUDIENCE, CLIENT], False),
        ("logout+jwt", [AUDIENCE, CLIENT], False),
    ],
)
def test_an_access_token_is_taken_and_what_may_be_an_id_token_is_not(
    issuer_and_keys: tuple[Issuer, str], kind: str, audience: Any, taken: bool
) -> None:
    issuer, keys = issuer_and_keys
    verifier = Verifier(
        jwks_url=keys, issuer="urn:sen-support:local-issuer", audience=AUDIENCE, client_id=CLIENT
    )
    token = issuer._sign(_claims(aud=audience), 60, kind)
    if taken:
        assert verifier.read(token)[0].id == _WHO.subject
    else:
        with pytest.raises(Unauthenticated):
            verifier.read(token)


@pytest.mark.parametrize("name", SERVICES)
def test_the_id_token_of_a_sign_in_opens_no_service(
    request: pytest.FixtureRequest, issuer: Issuer, name: str
) -> None:
    """Not where audience and client are one word either, as they are by default."""
    service: Service = request.getfixturevalue(name)
    assert service.settings.oidc_client_id == service.settings.token_audience
    somebody = service.person("senco", settings=_WHO.settings)
    at = f"/settings/{_WHO.settings[0]}/audit"
    assert somebody.call("GET", at).status_code in (200, 404)  # let in; plans knows no such setting
    signed_in = issuer.id_token(_WHO, service.settings.oidc_client_id, ids.new_id())
    rich = issuer._sign(_claims(aud=service.settings.oidc_client_id, name="Robin"), 60)
    for token in (signed_in, rich):
        forged = replace(somebody, authorization=f"Bearer {token}")
        assert "ID token" in forged.refused(401, "GET", at)["detail"]
