"""Readers of event truth, and of the case facts that `gridwarden replay` writes. Out: `Clip`s, in seconds of media time.

Truth is a JSON object with `fps`, `frames` (a list, or their number) and `events`, each either
- an interval: `pattern start_secs end_secs lon_deg lat_deg` (`end_secs` null: still there when the clip ends), or
- a happening: `event t_secs complete_secs? lon_deg lat_deg`, two of which make an interval (patterns.toml).
Refused: facts outside the clip's time (another clip, frame rate or --start-at), a fact twice, a case that never opened.
"""

import datetime
import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .fault import BadInput, document, field, number, parsed, text, unique, whole

HERE = Path(__file__).parent
PAIR_METRES = 2.0  # begin and end of one thing are at one place


@dataclass(frozen=True)
class Event:
    pattern: str
    start: float
    end: float  # infinite: outlasts the clip
    place: tuple[float, float] | None  # lon, lat in degrees


@dataclass(frozen=True)
class NearMiss:
    """Something that looks like an event and is none."""

    name: str
    start: float
    end: float
    place: tuple[float, float] | None


@dataclass(frozen=True)
class Case:
    identity: str
    pattern: str
    first_seen: float
    opened: float
    gone: float | None
    place: tuple[float, float] | None


@dataclass(frozen=True)
class Clip:
    name: str
    seconds: float
    events: list[Event]
    cases: list[Case]
    near_misses: tuple[NearMiss, ...] = ()


@dataclass(frozen=True)
class Truth:
    path: Path
    frames: int
    last_secs: float  # time of the last frame
    seconds: float
    events: list[Event]
    near_misses: tuple[NearMiss, ...]


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Distance on the ground, good to a millimetre over a street (WGS84 radii at the mean latitude)."""
    latitude = math.radians((a[1] + b[1]) / 2)
    bent = 1 - 0.00669437999014 * math.sin(latitude) ** 2
    north = 6378137 * (1 - 0.00669437999014) / bent**1.5 * math.radians(b[1] - a[1])
    east = 6378137 / math.sqrt(bent) * math.cos(latitude) * math.radians(b[0] - a[0])
    return math.hypot(east, north)


def place(file: object, where: str, record: dict[str, Any]) -> tuple[float, float] | None:
    if record.get("lon_deg") is None and record.get("lat_deg") is None:
        return None
    return number(file, f"{where}.lon_deg", record.get("lon_deg"), -180, 180), number(
        file, f"{where}.lat_deg", record.get("lat_deg"), -90, 90
    )


def pattern_map(path: Path | None) -> tuple[dict[str, tuple[str, str]], set[str]]:
    """begins -> (pattern, ends); and the happenings that mean nothing."""
    path = path or HERE / "patterns.toml"
    try:
        body = tomllib.loads(text(path))
    except tomllib.TOMLDecodeError as error:
        raise BadInput(path, "TOML", str(error), "the layout of tests/score/patterns.toml") from error
    pairs = {}
    for i, row in enumerate(field(path, body, "pattern", list)):
        names = [field(path, row, key, str, f"pattern[{i}]") for key in ("begins", "id", "ends")]
        if names[0] in pairs:
            raise BadInput(path, f"pattern[{i}].begins", names[0], "each one once")
        pairs[names[0]] = (names[1], names[2])
    return pairs, set(body.get("ignored", []))


def read_truth(path: Path, meaning: tuple[dict[str, tuple[str, str]], set[str]]) -> Truth:
    body = document(path)
    fps = number(path, "fps", body.get("fps"), 0.1, 1000)
    frames = body.get("frames")
    count = len(frames) if isinstance(frames, list) else whole(path, "frames", frames, 1)
    if count == 0:
        raise BadInput(path, "frames", "[]", "at least one frame")
    last = (count - 1) / fps
    if isinstance(frames, list) and isinstance(frames[-1], dict) and "t_secs" in frames[-1]:  # dropped frames leave gaps
        last = number(path, f"frames[{count - 1}].t_secs", frames[-1]["t_secs"], last - 0.5 / fps)
    seconds = number(path, "secs", body.get("secs", last + 1 / fps), last)
    rows = field(path, body, "events", list)
    for i, row in enumerate(rows):
        key = "pattern" if isinstance(row, dict) and "pattern" in row else "event"
        field(path, row, key, str, f"events[{i}]")
    intervals = [interval(path, i, row, seconds) for i, row in enumerate(rows) if "pattern" in row]
    happenings = [(i, row) for i, row in enumerate(rows) if "pattern" not in row]
    misses = tuple(near_miss(path, f"near_misses[{i}]", row, seconds) for i, row in enumerate(body.get("near_misses", [])))
    return Truth(path, count, last, seconds, intervals + paired(path, happenings, seconds, meaning), misses)


def near_miss(path: Path, where: str, row: dict[str, Any], seconds: float) -> NearMiss:
    name, start = field(path, row, "near_miss", str, where), number(path, f"{where}.t_secs", row.get("t_secs"), 0, seconds)
    return NearMiss(name, start, number(path, f"{where}.until_secs", row.get("until_secs"), start, seconds), place(path, where, row))


def interval(path: Path, i: int, row: dict[str, Any], seconds: float) -> Event:
    where = f"events[{i}]"
    start = number(path, f"{where}.start_secs", row.get("start_secs"), 0, seconds)
    end = row.get("end_secs")
    end = math.inf if end is None else number(path, f"{where}.end_secs", end, start, seconds)
    return Event(row["pattern"], start, end, place(path, where, row))


def paired(
    path: Path, happenings: list[tuple[int, dict]], seconds: float, meaning: tuple[dict[str, tuple[str, str]], set[str]]
) -> list[Event]:
    pairs, ignored = meaning
    ends_known = {end for _, end in pairs.values()}
    timed = []
    for i, row in happenings:
        name, where = row["event"], f"events[{i}]"
        if name not in pairs and name not in ends_known and name not in ignored:
            raise BadInput(path, f"{where}.event", name, f"one of {', '.join(sorted({*pairs, *ends_known, *ignored}))} (--pattern-map)")
        begun = number(path, f"{where}.t_secs", row.get("t_secs"), 0, seconds)
        complete = number(path, f"{where}.complete_secs", row.get("complete_secs", begun), begun, seconds)
        timed.append((begun, complete, name, place(path, where, row), where))
    timed.sort(key=lambda one: one[0])
    events, used = [], set()
    for begun, _, name, at, _ in timed:
        if name not in pairs:
            continue
        pattern, ending = pairs[name]
        over = math.inf
        for k, (later, complete, other, there, _) in enumerate(timed):
            same_place = at is None or there is None or metres(at, there) <= PAIR_METRES
            if other == ending and later >= begun and k not in used and same_place:
                used.add(k)
                over = complete
                break
        events.append(Event(pattern, begun, over, at))
    for k, (_, _, name, _, where) in enumerate(timed):
        if name in ends_known and k not in used:
            raise BadInput(path, f"{where}.event", name, "an end that a beginning at the same place comes before")
    return events


def read_summary(path: Path, truth: Truth) -> int:
    """What replay printed; returns its number of cases."""
    body = document(path)
    seen = whole(path, "frames", body.get("frames"))
    if seen != truth.frames:
        raise BadInput(path, "frames", seen, f"{truth.frames}, the frames of {truth.path}")
    media = number(path, "media_secs", body.get("media_secs"), 0)
    if abs(media - truth.last_secs) > max(truth.seconds / truth.frames, 0.01 * truth.last_secs):
        raise BadInput(path, "media_secs", media, f"{truth.last_secs:g}, the time of the last frame of {truth.path} (same frame rate?)")
    return whole(path, "cases", body.get("cases"))


def moment(file: object, label: str, value: Any, start_at: datetime.datetime) -> float:
    try:
        return (datetime.datetime.fromisoformat(value) - start_at).total_seconds()
    except (TypeError, ValueError) as error:
        raise BadInput(file, label, value, "RFC 3339 with an offset, as 2026-01-01T00:00:00.000Z") from error


def read_cases(path: Path, truth: Path, seconds: float, start_at: datetime.datetime, cases_expected: int | None) -> list[Case]:
    if cases_expected == 0 and path.exists() and not path.read_text(encoding="utf-8").strip():
        return []  # replay found nothing, and its summary says so
    facts: dict[str, list[tuple[int, dict[str, Any], str]]] = {}
    keys = []
    for line, content in enumerate(text(path).splitlines(), 1):
        where = f"line {line}"
        if content.strip():
            envelope = parsed(f"{path}: {where}", content)
            # When it was told counts, not what the fact claims about the past.
            data = {**field(path, envelope, "data", dict, where), "told": envelope.get("time")}
            identity, revision = field(path, data, "case_id", str, where), whole(path, f"{where}.revision", data.get("revision"), 1)
            keys.append(f"case {identity} revision {revision}")
            facts.setdefault(identity, []).append((revision, data, where))
    unique(path, "fact", keys)
    cases = [case_of(path, truth, identity, sorted(rows, key=lambda row: row[0]), seconds, start_at) for identity, rows in facts.items()]
    if cases_expected is not None and len(cases) != cases_expected:
        raise BadInput(path, "cases", len(cases), f"{cases_expected}, as the summary says")
    return cases


def case_of(path: Path, truth: Path, identity: str, rows: list[tuple[int, dict, str]], seconds: float, start_at: datetime.datetime) -> Case:
    opened = [(data, where) for _, data, where in rows if data.get("kind") == "opened"]
    if len(opened) != 1:
        raise BadInput(path, f"case {identity}", f"{len(opened)} facts of kind opened", "one")
    data, where = opened[0]

    def at(record: dict[str, Any], label: str) -> float:
        value = moment(path, f"{label}.time", record["told"], start_at)
        if not -1 <= value <= seconds + 1:
            raise BadInput(
                path,
                f"{label}.time",
                record["told"],
                f"0 to {seconds:g} s after --start-at, the time that {truth} covers (same clip, same frame rate?)",
            )
        return value

    ends = [(record, label) for _, record, label in rows if record.get("kind") in ("gone", "seen")]
    gone = at(*ends[-1]) if ends and ends[-1][0]["kind"] == "gone" else None
    there = data.get("place")
    first_seen = moment(path, f"{where}.first_seen_at", data.get("first_seen_at"), start_at)
    pattern = field(path, field(path, data, "pattern", dict, where), "id", str, f"{where}.pattern")
    return Case(
        identity, pattern, first_seen, at(data, where), gone, place(path, f"{where}.place", there) if isinstance(there, dict) else None
    )
