"""The bare floors of a command: Flask and pymongo with the same write concern, and nothing else.

gunicorn "tests.bench.floors:insert()" or ":outbox()", with SEN_MONGODB_URL set. And
":ours_with_a_transaction()": the product's own commands, saved the way that it does not.
"""

import os
import uuid
from datetime import UTC, datetime
from typing import Any

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from pymongo import MongoClient, WriteConcern

from shared.store.database import session, transaction
from shared.store.repository import Repository


def _database() -> Any:
    client: MongoClient[dict[str, Any]] = MongoClient(os.environ["SEN_MONGODB_URL"])
    return client.get_database("bench_floor", write_concern=WriteConcern(w="majority", j=True))


def insert() -> Flask:
    """One insert."""
    app = Flask("floor")
    database = _database()

    @app.post("/things")
    def add() -> ResponseReturnValue:
        document = {"_id": str(uuid.uuid4()), "at": datetime.now(UTC), **request.get_json()}
        database["things"].insert_one(document)
        return jsonify(id=document["_id"]), 201

    return app


def outbox() -> Flask:
    """The same with an event in an outbox collection, in one transaction."""
    app = Flask("floor")
    database = _database()
    for name in {"things", "outbox"} - set(database.list_collection_names()):
        database.create_collection(name)

    @app.post("/things")
    def add() -> ResponseReturnValue:
        document = {"_id": str(uuid.uuid4()), "at": datetime.now(UTC), **request.get_json()}
        event = {"_id": str(uuid.uuid4()), "type": "ThingAdded", "subject": document["_id"]}
        with database.client.start_session() as session, session.start_transaction():
            database["things"].insert_one(document, session=session)
            database["outbox"].insert_one(event, session=session)
        return jsonify(id=document["_id"]), 201

    return app


def ours_with_a_transaction() -> Flask:
    """The plans service, but each command in a transaction, its entries in a collection apart."""
    from services.plans.app import create_app

    entries, add, change = Repository._entries, Repository.add, Repository.change

    def apart(self: Any, aggregate: Any, *, sequence: int) -> list[Any]:
        made = entries(self, aggregate, sequence=sequence)
        self.database["outbox"].insert_many(made, session=session())
        return []

    def within(whole: Any) -> Any:
        def act(self: Any, *arguments: Any, **named: Any) -> Any:
            with transaction(self.database):
                return whole(self, *arguments, **named)

        return act

    Repository._entries = apart  # type: ignore[method-assign]
    Repository.add, Repository.change = within(add), within(change)  # type: ignore[method-assign]
    return create_app()
