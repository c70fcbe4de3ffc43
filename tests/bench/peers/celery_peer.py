"""Celery doing the same work: `python celery_peer.py publish N BODY`, `celery -A celery_peer worker`.

Late ack, prefetch of one a process, confirmed publishing, persistent: as its manual recommends for
work that must not be lost.
"""

import os
import sys
import time
import uuid

from celery import Celery
from pymongo import MongoClient, WriteConcern

app = Celery("peer", broker=os.environ["PEER_AMQP_URL"])
app.conf.update(
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    task_default_queue="peer.celery",
    broker_transport_options={"confirm_publish": True},
    broker_connection_retry_on_startup=True,
)
_database = None


@app.task(name="peer.handle")
def handle(body: str) -> None:
    """Write one document."""
    global _database  # one client a process, made after the fork
    if _database is None:
        client = MongoClient(os.environ["PEER_MONGODB_URL"])
        _database = client.get_database("peer", write_concern=WriteConcern("majority", j=True))
    _database["celery"].insert_one({"_id": str(uuid.uuid4()), "body": body})


if __name__ == "__main__":
    count, body = int(sys.argv[2]), sys.argv[3]
    began = time.perf_counter()
    for _ in range(count):
        handle.delay(body)
    print(count / (time.perf_counter() - began))
