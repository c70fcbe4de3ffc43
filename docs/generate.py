"""Writes the generated documents anew: events, APIs, AsyncAPI, the broker's definitions."""

import importlib
import json
from functools import cache
from pathlib import Path

import yaml
from marshmallow import Schema, fields

from docs import asyncapi
from docs.dashboards import DASHBOARDS, dashboard
from docs.settings import settings_reference
from shared.events.registry import event_types
from shared.messaging import keep, topology
from shared.messaging.definitions import definitions
from shared.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
SERVICES = ("plans", "reviews", "referrals", "notifications")


def events() -> str:
    """The catalogue of events."""
    lines = ["# Events", "", "Written by `make docs` from `shared/events/`.", ""]
    for row in event_types().values():
        lines += [f"## {row.type} (version {row.version})", "", row.about, ""]
        readers = [f"{name} ({kind.value})" for name, kind in row.readers.items()]
        lines += [f"Read by: {', '.join(readers) or 'nobody yet'}."]
        if row.addressee:
            lines += [f"Also goes to the queue of the `{row.addressee}` that it names."]
        lines += ["", *_fields(row.schema()), ""]
    return "\n".join(lines)


def api() -> str:
    """The reference of the four APIs."""
    whole = "whole, with schemas, in `docs/openapi/` and at each service's `/openapi.json`"
    lines = ["# APIs", "", f"Written by `make docs`; {whole}.", ""]
    for service in SERVICES:
        document = openapi(service)
        lines += [f"## {service}", "", document["info"]["description"], "",
                  "| | | who |", "|---|---|---|"]  # fmt: skip
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                if method in ("get", "post", "put", "delete"):
                    roles = ", ".join(operation["x-roles"])
                    call = f"`{method.upper()} {path}`"
                    lines.append(f"| {call} | {operation['summary']} | {roles} |")
        lines.append("")
    return "\n".join(lines)


@cache
def openapi(service: str):
    """The OpenAPI document of one service, as it gives it."""
    return _app(service).test_client().get("/openapi.json").json


def broker_users() -> str:
    """What RabbitMQ's topology operator makes: each service's user with its permissions, and the
    policy by which nothing that rests is dropped."""
    words = ["# A user for each service (RabbitMQ's messaging topology operator): it reads its own",
             "# queues alone. KEDA's sees their lengths. At the end the policy that keeps dead",
             "# letters, however often they are looked at. Written by `make docs`."]  # fmt: skip
    nothing = dict.fromkeys(("configure", "write", "read"), "^$")
    users = {service: ([], topology.permissions(service)) for service in SERVICES}
    for who, (tags, rights) in {**users, "keda": (["monitoring"], nothing)}.items():
        about = {"rabbitmqClusterReference": {"name": "sen-rabbitmq"}}
        name = f"sen-{who}"
        tagged = {"tags": tags} if tags else {}
        for kind, spec in (
            ("User", {**about, **tagged, "importCredentialsSecret": {"name": f"rabbitmq-{who}"}}),
            ("Permission", {**about, "vhost": "/", "userReference": {"name": name},
                            "permissions": rights}),
        ):  # fmt: skip
            words += ["---", yaml.safe_dump(
                {"apiVersion": "rabbitmq.com/v1beta1", "kind": kind, "metadata": {"name": name},
                 "spec": spec}, sort_keys=False, width=200,
            ).rstrip()]  # fmt: skip
    policy = keep.policy()
    words += ["---", yaml.safe_dump(
        {"apiVersion": "rabbitmq.com/v1beta1", "kind": "Policy",
         "metadata": {"name": policy["name"]},
         "spec": {"rabbitmqClusterReference": {"name": "sen-rabbitmq"}, "name": policy["name"],
                  "vhost": policy["vhost"], "pattern": policy["pattern"],
                  "applyTo": policy["apply-to"], "priority": policy["priority"],
                  "definition": policy["definition"]}}, sort_keys=False, width=200,
    ).rstrip()]  # fmt: skip
    return "\n".join(words) + "\n"


def written() -> dict[Path, str]:
    """What each file is to say."""
    return {
        ROOT / "docs" / "events.md": events(),
        ROOT / "docs" / "api.md": api(),
        **{
            ROOT / "docs" / "openapi" / f"{service}.json": json.dumps(openapi(service), indent=1)
            + "\n"
            for service in SERVICES
        },
        ROOT / "docs" / "asyncapi.json": json.dumps(asyncapi.document(), indent=1) + "\n",
        ROOT / "deploy" / "rabbitmq-definitions.json": json.dumps(definitions(), indent=1) + "\n",
        **{ROOT / "deploy" / "grafana" / f"{name}.json": dashboard(name) for name in DASHBOARDS},
        ROOT / "docs" / "settings.md": settings_reference(),
        ROOT / "deploy/kubernetes/servers/rabbitmq-users.yaml": broker_users(),
    }


def _fields(schema: Schema) -> list[str]:
    return [f"- `{name}`: {_kind(field)}" for name, field in schema.fields.items()]


def _kind(field: fields.Field) -> str:
    words = type(field).__name__.lower()
    if isinstance(field, fields.List):
        words = f"list of {_kind(field.inner)}"
    elif isinstance(field, fields.Nested):
        words = ", ".join(f"{n} ({_kind(f)})" for n, f in field.schema.fields.items())
    return words + (" or null" if field.allow_none else "")


def _app(service: str):
    settings = Settings(
        service=service, mongodb_url="mongodb://127.0.0.1:9/", mongodb_database="docs",
        amqp_url="amqp://", token_issuer="none", token_audience="none",  # noqa: S106
        jwks_url="http://127.0.0.1:9/", link_keys=("k" * 32,), link_days=1,
        public_urls=dict.fromkeys(SERVICES, ""), jobs_every=1, worker_host="127.0.0.1",
        worker_port=0, prefetch=1, max_tries=1, log_level="ERROR", max_body=1000,
    )  # fmt: skip
    return importlib.import_module(f"services.{service}.app").create_app(settings)


if __name__ == "__main__":
    for path, text in written().items():
        path.write_text(text)
        print(path.relative_to(ROOT))
