"""A sample for a support service's own system: reads its queue, and each referral's content.

    python read_referrals.py --url amqps://USER:PASSWORD@HOST/ --queue referrals.to.ID [--token T]

USER, PASSWORD and the queue are what `sen support-service credentials ID` prints. Needs only the
`amqp` and `requests` packages. What it shows is what matters:

- a message is acknowledged once what it says is kept here, and not before;
- the same message may come twice: its id is kept, and the second is passed over;
- a message carries ids, dates and codes. The content is read at the address that it names, with
  the service's own token, and only while the service may read it.
"""

import argparse
import json
import ssl
import sys
import time
from pathlib import Path
from typing import Any

import requests
from amqp import Connection
from amqp.exceptions import AMQPError

_AWAY = (AMQPError, OSError)


class Reader:
    """Reads one queue. `seen` keeps the ids of what has been taken."""

    def __init__(self, queue: str, seen: Path, token: str | None) -> None:
        self._queue = queue
        self._seen = seen
        self._token = token
        self._known = set(seen.read_text().split()) if seen.exists() else set()
        self.taken = 0

    def follow(self, connection: Connection, most: int) -> None:
        """Take what comes, until `most` were taken (0: for ever) or the connection breaks."""
        channel = connection.channel()
        channel.basic_qos(0, 10, False)
        channel.basic_consume(self._queue, callback=self._take, no_ack=False)
        while not most or self.taken < most:
            try:
                connection.drain_events(timeout=5)
            except TimeoutError:
                connection.heartbeat_tick()

    def _take(self, message: Any) -> None:
        event = json.loads(message.body)
        if event["id"] not in self._known:
            self._keep(event)
            with self._seen.open("a") as file:
                file.write(event["id"] + "\n")
            self._known.add(event["id"])
        message.channel.basic_ack(message.delivery_tag)
        self.taken += 1

    def _keep(self, event: dict[str, Any]) -> None:
        """Here your own system would keep it: this one says what came."""
        data = event["data"]
        print(f"{event['type']} {event['subject']}: {data['status']}, read it at {data['address']}")
        if self._token:
            answer = requests.get(
                data["address"], headers={"Authorization": f"Bearer {self._token}"}, timeout=10
            )
            # 404: it was withdrawn meanwhile, or consent has ended.
            print(f"  its content: {answer.status_code}, {len(answer.content)} bytes")


def main() -> int:
    """Read until told to stop; comes back when the broker was away."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--queue", required=True)
    parser.add_argument("--authority", help="a file: who signed the broker's certificate")
    parser.add_argument("--token", help="a token of your service, to read the content with")
    parser.add_argument("--seen", type=Path, default=Path("seen-referrals.txt"))
    parser.add_argument("--most", type=int, default=0, help="end after so many messages")
    options = parser.parse_args()
    parts = requests.compat.urlsplit(options.url)
    reader = Reader(options.queue, options.seen, options.token)
    secured = {"ca_certs": options.authority, "cert_reqs": ssl.CERT_REQUIRED,
               "server_hostname": parts.hostname}  # fmt: skip
    tls = secured if parts.scheme == "amqps" else False
    while not options.most or reader.taken < options.most:
        try:
            with Connection(
                f"{parts.hostname}:{parts.port or (5671 if tls else 5672)}", ssl=tls,
                userid=parts.username, password=parts.password,
                virtual_host=parts.path[1:] or "/", heartbeat=30, connect_timeout=10,
            ) as connection:  # fmt: skip
                reader.follow(connection, options.most)
        except _AWAY as problem:
            print(f"the broker is away: {type(problem).__name__}", file=sys.stderr)
            time.sleep(2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
