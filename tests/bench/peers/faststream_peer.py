"""FastStream doing the same work: `python faststream_peer.py publish N BODY`,
`faststream run faststream_peer:app`.

Acks after the work, persistent, confirmed (aio-pika's way), a prefetch of 50.
"""

import asyncio
import os
import sys
import time
import uuid

from faststream import AckPolicy, FastStream
from faststream.rabbit import Channel, RabbitBroker, RabbitQueue
from pymongo import AsyncMongoClient, WriteConcern

broker = RabbitBroker(os.environ["PEER_AMQP_URL"], default_channel=Channel(prefetch_count=50))
app = FastStream(broker)
queue = RabbitQueue("peer.faststream", durable=True)
_database = AsyncMongoClient(os.environ["PEER_MONGODB_URL"]).get_database(
    "peer", write_concern=WriteConcern("majority", j=True)
)


@broker.subscriber(queue, ack_policy=AckPolicy.NACK_ON_ERROR)
async def handle(body: str) -> None:
    """Write one document."""
    await _database["faststream"].insert_one({"_id": str(uuid.uuid4()), "body": body})


async def publish(count: int, body: str) -> float:
    """Publish, a hundred at once."""
    async with broker:
        await broker.declare_queue(queue)
        began = time.perf_counter()
        for at in range(0, count, 100):
            await asyncio.gather(
                *(broker.publish(body, queue, persist=True) for _ in range(min(100, count - at)))
            )
        return count / (time.perf_counter() - began)


if __name__ == "__main__":
    print(asyncio.run(publish(int(sys.argv[2]), sys.argv[3])))
