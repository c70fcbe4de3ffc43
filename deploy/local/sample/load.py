"""Loads the sample through the public APIs alone, once; told again, it changes nothing."""

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from deploy.local import client
from deploy.local.client import Caller
from deploy.local.issuer import Issuer, Person
from deploy.local.sample import bodies, council, words
from deploy.local.sample.calendar import calendar
from deploy.local.sample.council import SampleChild, SampleSetting, person_id
from deploy.local.sample.story import Story
from shared import clock

SEED = 2026
_AT_ONCE = 4


def ensure_loaded(
    urls: Mapping[str, str], folder: Path, say: Callable[[str], None] = print
) -> dict[str, str]:
    """Load the sample unless `folder` says that it is there.

    Answers ids by key: the settings' (`school`) and the support services' (by name). A load that
    was broken off goes on where it stopped: it keeps its first day and its keys.
    """
    marker = folder / "sample.json"
    state: dict[str, Any] = json.loads(marker.read_text()) if marker.exists() else {}
    if state.get("loaded"):
        ids: dict[str, str] = state["ids"]
        Issuer(folder / "issuer").know(people(ids))
        return ids
    anchor = date.fromisoformat(state["anchor"]) if state else clock.today()
    marker.write_text(json.dumps({"anchor": anchor.isoformat()}))
    ids = Loader(urls, Issuer(folder / "issuer"), anchor, say).load()
    Issuer(folder / "issuer").know(people(ids))
    marker.write_text(json.dumps({"anchor": anchor.isoformat(), "ids": ids, "loaded": True}))
    return ids


def people(ids: Mapping[str, str]) -> list[Person]:
    """Who can sign in to the pages: the settings' staff, a worker of each service, an officer."""
    found = []
    for place in council.settings():
        at = [ids[place.key]]
        found.append(Person(f"{place.senco_name}, SENCO of {place.name}", "senco", place.senco, at))
        person, name = place.teachers[0]
        found.append(Person(f"{name}, teacher at {place.name}", "teacher", person, at))
    for details in words.SERVICES:
        name = str(details["name"])
        found.append(Person(f"A worker of {name}", "support_worker", person_id("worker", name),
                            services=[ids[name]]))  # fmt: skip
    return [
        *found, Person("An officer of the council", "council_officer", person_id("council")),
        Person("An operator", "operator", person_id("operator")),
    ]  # fmt: skip


class Loader:
    """Loads one sample."""

    def __init__(
        self, urls: Mapping[str, str], issuer: Issuer, anchor: date, say: Callable[[str], None]
    ) -> None:
        self._urls = urls
        self._issuer = issuer
        self._anchor = anchor
        self._say = say

    def load(self, seed: int = SEED) -> dict[str, str]:
        """All of it. Answers ids by key."""
        places = {place.key: self._setting(place) for place in council.settings()}
        services = self._services()
        children = council.children(seed, self._anchor)
        self._say(f"sample: 4 settings, {len(services)} support services; "
                  f"{len(children)} children follow")  # fmt: skip
        done = 0
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            tasks = [pool.submit(self._child, child, places, services) for child in children]
            for task in as_completed(tasks):
                task.result()
                done += 1
                if done % 15 == 0:
                    self._say(f"sample: {done} of {len(children)} children")
        return {**places, **services}

    def _setting(self, place: SampleSetting) -> str:
        made = self._council().post(
            "plans", "/settings", {"name": place.name, "kind": place.kind},
            key=f"sample/{place.key}",
        )  # fmt: skip
        setting_id: str = made["id"]
        senco = self._staff("senco", place.senco, setting_id)
        staff = [(place.senco, place.senco_name, "senco"),
                 *((person, name, "teacher") for person, name in place.teachers)]  # fmt: skip
        for person, name, role in staff:
            senco.put("plans", f"/settings/{setting_id}/staff/{person}",
                      {"name": name, "role": role})  # fmt: skip
        # The SENCO hears daily what is due, and whom nobody could reach.
        email = f"{place.senco_name.lower().replace(' ', '.')}@school.example"
        senco.post("notifications", f"/settings/{setting_id}/contacts", {
            "person_id": place.senco,
            "details": {"name": place.senco_name, "email": email, "children": []},
        }, key="sample")  # fmt: skip
        senco.put("notifications", f"/settings/{setting_id}/profile",
                  {"name": place.name, "phone": place.phone, "sencos": [place.senco]},
                  version=0, key="sample")  # fmt: skip
        # The nursery is open all year.
        dates = {} if place.kind == "early_years" else calendar(self._anchor)
        senco.put("reviews", f"/settings/{setting_id}/calendar", dates, version=0, key="sample")
        return setting_id

    def _services(self) -> dict[str, str]:
        keeper = self._council()
        found = {
            str(details["name"]): keeper.post(
                "referrals", "/support-services", details, key=f"sample/{details['name']}".replace(
                    " ", "-"),
            )["id"]
            for details in words.SERVICES
        }  # fmt: skip
        for name, questions in words.FORMS.items():
            at = f"/support-services/{found[name]}"
            if keeper.get("referrals", at)["form"]["version"] == 0:
                keeper.change("referrals", f"{at}/forms", {"questions": questions})
        for name, title, days in words.SESSIONS:
            worker = self._worker(name, found)
            worker.post("referrals", f"/support-services/{found[name]}/sessions",
                        bodies.session(title, self._anchor + timedelta(days=days)),
                        key=f"sample/{days}")  # fmt: skip
        return found

    def _child(
        self, child: SampleChild, places: Mapping[str, str], services: Mapping[str, str]
    ) -> None:
        setting_id = places[child.setting.key]
        Story(
            child=child,
            anchor=self._anchor,
            setting_id=setting_id,
            services=services,
            senco=self._staff("senco", child.setting.senco, setting_id),
            teacher=self._staff("teacher", child.setting.teachers[0][0], setting_id),
            worker=lambda name: self._worker(name, services),
            council=self._council(),
        ).tell()  # fmt: skip

    def _staff(self, role: str, person: str, setting_id: str) -> Caller:
        return client.caller(self._urls, self._issuer, role, person, settings=[setting_id])

    def _worker(self, name: str, services: Mapping[str, str]) -> Caller:
        return client.caller(
            self._urls, self._issuer, "support_worker", person_id("worker", name),
            services=[services[name]],
        )  # fmt: skip

    def _council(self) -> Caller:
        return client.caller(self._urls, self._issuer, "council_officer", person_id("council"))
