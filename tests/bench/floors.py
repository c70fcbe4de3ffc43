"""The bare floors of a command: Flask and pymongo with the same write concern, and nothing else.

gunicorn "tests.bench.floors:insert()" or ":outbox()", with SEN_MONGODB_URL set.
"""

import os
import uuid
from datetime import UTC, datetime
from typing import Any

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from pymongo import MongoClient, WriteConcern


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
