"""Sessions of people who have signed in to pages: kept here, so that signing out ends them.

The browser holds a random key and nothing else. The store holds the key's digest, and the tokens
encrypted with a key derived from it: neither is of use without the other.
"""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken

from shared import clock
from shared.store.database import MongoDatabase

_IDLE = timedelta(hours=1)
_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class PageSession:
    """Somebody who has signed in. `csrf` is what their forms have to bring back."""

    key: str
    token: str
    id_token: str
    name: str
    csrf: str


class Sessions:
    """The sessions of one service's pages."""

    def __init__(self, database: MongoDatabase) -> None:
        self._kept = database["page_sessions"]

    def ensure_index(self) -> None:
        """They go when they have ended."""
        self._kept.create_index("expires_at", expireAfterSeconds=0)

    def begin(self, token: str, id_token: str, name: str, expires: float) -> PageSession:
        """A new session, for as long as the token holds (`expires`, seconds since 1970)."""
        key = secrets.token_urlsafe(32)
        made = PageSession(key, token, id_token, name, secrets.token_urlsafe(32))
        inside = {"token": token, "id_token": id_token, "name": name, "csrf": made.csrf}
        self._kept.insert_one(
            {
                "_id": _digest(key),
                "inside": _cipher(key).encrypt(json.dumps(inside).encode()),
                "seen_at": clock.now(),
                "expires_at": datetime.fromtimestamp(expires, UTC),
            }
        )
        return made

    def find(self, key: str | None) -> PageSession | None:
        """The session of that key, unless it has ended, or was left alone for an hour."""
        kept = self._kept.find_one({"_id": _digest(key)}) if key else None
        now = clock.now()
        if not key or kept is None or kept["expires_at"] <= now or kept["seen_at"] + _IDLE <= now:
            return None
        if kept["seen_at"] + _NOTED_EVERY <= now:
            self._kept.update_one({"_id": kept["_id"]}, {"$set": {"seen_at": now}})
        try:
            inside = json.loads(_cipher(key).decrypt(kept["inside"]))
        except (InvalidToken, ValueError):
            return None
        return PageSession(key, **inside)

    def end(self, key: str) -> None:
        """It opens nothing any more."""
        self._kept.delete_one({"_id": _digest(key)})


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _cipher(key: str) -> Fernet:
    derived = hashlib.sha256(b"sen-support page session\0" + key.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(derived))
