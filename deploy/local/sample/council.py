"""The people of the sample: settings, staff, children and families, all from one seed."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID, uuid5

from deploy.local.sample.words import FIRST_NAMES, NEEDS, SURNAMES, Need

_SPACE = UUID("5e5a7d1c-0d43-4c62-9b3e-1a1f6f3d2b90")

STAGES = {
    "registered": 4,
    "gathering": 6,
    "no_support": 3,
    "assessed": 5,
    "draft": 5,
    "agreed": 3,
    "active": 9,
    "reviewed": 8,
    "insufficient": 5,
    "suggested": 4,
    "referred": 5,
    "requested": 2,
    "ceased": 3,
}
"""Where the children stand, and how many at each stage of the graduated approach."""


@dataclass(frozen=True)
class SampleSetting:
    """A setting with its staff, by key."""

    key: str
    name: str
    kind: str
    phone: str
    ages: tuple[int, int]
    senco: str
    senco_name: str
    teachers: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SampleParent:
    id: str
    name: str
    email: str
    relationship: str
    mobile: str | None = None
    """Of the numbers that Ofcom keeps for dramas; who has one wants texts."""


@dataclass(frozen=True)
class SampleChild:
    """One child or young person: where they stand, since how many days, with which need."""

    key: str
    setting: SampleSetting
    stage: str
    first_name: str
    last_name: str
    date_of_birth: date
    parents: tuple[SampleParent, ...]
    need: Need
    days: int
    number: int
    """Counts children of the same stage: lets stories vary without chance."""


def person_id(*parts: str) -> str:
    """The same id for the same person each time."""
    return str(uuid5(_SPACE, "/".join(parts)))


def settings() -> list[SampleSetting]:
    """One nursery, two schools, one college."""
    made = []
    for key, name, kind, phone, ages in (
        ("nursery", "Merrow Lane Nursery", "early_years", "01632 960101", (2, 4)),
        ("school", "Thornbeck Primary School", "school", "01632 960102", (5, 10)),
        ("high", "Aldermoor High School", "school", "01632 960103", (11, 15)),
        ("college", "Wexcombe College", "further_education", "01632 960104", (16, 19)),
    ):
        chance = random.Random(f"staff/{key}")
        names = [f"{chance.choice(FIRST_NAMES)} {chance.choice(SURNAMES)}" for _ in range(4)]
        teachers = tuple(
            (person_id(key, "teacher", str(n)), name) for n, name in enumerate(names[1:])
        )
        made.append(
            SampleSetting(key, name, kind, phone, ages, person_id(key, "senco"), names[0], teachers)
        )
    return made


def children(seed: int, anchor: date) -> list[SampleChild]:
    """About sixty children at every stage; `anchor` is the day on which the sample was made."""
    chance = random.Random(seed)
    places = settings()
    # More at the schools than at the nursery and the college.
    spread = [places[n] for n in (0, 1, 1, 2, 2, 3)]
    made: list[SampleChild] = []
    for stage, count in STAGES.items():
        for number in range(count):
            setting = spread[(len(made) + number) % len(spread)]
            age = chance.randint(*setting.ages)
            born = anchor - timedelta(days=age * 365 + age // 4 + chance.randint(30, 330))
            last_name = chance.choice(SURNAMES)
            key = f"{stage}-{number}"
            made.append(
                SampleChild(
                    key=key,
                    setting=setting,
                    stage=stage,
                    first_name=chance.choice(FIRST_NAMES),
                    last_name=last_name,
                    date_of_birth=born,
                    parents=_parents(key, last_name, chance),
                    need=chance.choice(NEEDS),
                    days=chance.randint(0, 20),
                    number=number,
                )
            )
    return made


def _parents(key: str, last_name: str, chance: random.Random) -> tuple[SampleParent, ...]:
    found = []
    for number in range(chance.choice((1, 1, 2))):
        first_name = chance.choice(FIRST_NAMES)
        relationship = chance.choice(("mother", "father", "foster carer", "grandparent"))
        digits = int(person_id(key, "mobile", str(number))[:4], 16) % 1000
        found.append(
            SampleParent(
                id=person_id(key, "parent", str(number)),
                name=f"{first_name} {last_name}",
                email=f"{first_name}.{last_name}.{key}.{number}@families.example".lower(),
                relationship=relationship,
                mobile=f"07700 900{digits:03}" if relationship == "grandparent" else None,
            )
        )
    return tuple(found)
