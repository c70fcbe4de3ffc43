"""Dramatiq doing the same work: `python dramatiq_peer.py publish N BODY`, `dramatiq dramatiq_peer`.

Acks after the work (its way), confirmed delivery; its usual processes and threads.
"""

import os
import sys
import time
import uuid

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from pymongo import MongoClient, WriteConcern

dramatiq.set_broker(RabbitmqBroker(url=os.environ["PEER_AMQP_URL"], confirm_delivery=True))
_database = MongoClient(os.environ["PEER_MONGODB_URL"]).get_database(
    "peer", write_concern=WriteConcern("majority", j=True)
)


@dramatiq.actor(queue_name="peer.dramatiq")
def handle(body: str) -> None:
    """Write one document."""
    _database["dramatiq"].insert_one({"_id": str(uuid.uuid4()), "body": body})


if __name__ == "__main__":
    count, body = int(sys.argv[2]), sys.argv[3]
    began = time.perf_counter()
    for _ in range(count):
        handle.send(body)
    print(count / (time.perf_counter() - began))
