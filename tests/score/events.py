"""Scores of the whole edge analysis on clips with known events: found, false, late, doubled, and how soon it was seen to be gone.

A case may stand for an event when the pattern is the same, it was first seen and told within the event's time (give or take
`secs`), and it lies within `metres` of it. Among all pairs that may, the largest one-to-one set is taken, the nearest in time
and place among equals. What is left over: an event without a case is missed; a case beside an event that has one is a duplicate;
any other case is false. A case that began before the event, or was told after it was over, is false however near it lies.
Latency runs from the moment the event starts, so it holds the pattern's dwell time; the latency of `gone` from when it is over.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from .event_files import Case, Clip, Event, NearMiss, metres
from .figure import Figure, bootstrapped, quantile, rate, share


@dataclass(frozen=True)
class Tolerance:
    secs: float = 3.0
    metres: float = 5.0
    without_place: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of one clip."""

    pairs: list[tuple[Event, Case]]
    missed: list[Event]
    duplicates: list[tuple[Event, Case]]
    false: list[Case]


def cost(event: Event, case: Case, allowed: Tolerance) -> float:
    """0 to 2 where the case may stand for the event, else infinite."""
    low, high = event.start - allowed.secs, event.end + allowed.secs
    if case.pattern != event.pattern or not (low <= case.first_seen <= high and low <= case.opened <= high):
        return math.inf
    if allowed.without_place:
        away = 0.0
    elif case.place is None or event.place is None:
        return math.inf
    else:
        away = metres(case.place, event.place) / allowed.metres
    if away > 1:
        return math.inf
    late = abs(case.opened - event.start)
    return away + late / (1 + late)


def mistaken(miss: NearMiss, case: Case, allowed: Tolerance) -> bool:
    """Whether a false case of any pattern was told while the near miss lasted, at its place."""
    if not miss.start - allowed.secs <= case.opened <= miss.end + allowed.secs:
        return False
    if allowed.without_place or case.place is None or miss.place is None:
        return allowed.without_place
    return metres(case.place, miss.place) <= allowed.metres


def assigned(clip: Clip, allowed: Tolerance) -> Outcome:
    costs = np.array([[cost(event, case, allowed) for case in clip.cases] for event in clip.events]).reshape(
        len(clip.events), len(clip.cases)
    )
    possible = np.isfinite(costs)
    # More pairs beat better pairs: a pair is worth more than all costs together.
    worth = 2.0 * (min(costs.shape) + 1)
    rows, columns = linear_sum_assignment(np.where(possible, costs - worth, 0.0))
    taken = {int(c): int(r) for r, c in zip(rows, columns) if possible[r, c]}
    found = set(taken.values())
    duplicates, false = [], []
    for c, case in enumerate(clip.cases):
        if c not in taken:
            beside = [r for r in range(len(clip.events)) if possible[r, c]]
            if beside:
                duplicates.append((clip.events[min(beside, key=lambda r: costs[r, c])], case))
            else:
                false.append(case)
    pairs = [(clip.events[r], clip.cases[c]) for c, r in sorted(taken.items())]
    return Outcome(pairs, [event for r, event in enumerate(clip.events) if r not in found], duplicates, false)


def scored(clips: list[Clip], allowed: Tolerance) -> tuple[list[Figure], list[dict]]:
    """Figures over all clips and by pattern, and what became of each event and each case that stands for none."""
    outcomes = [assigned(clip, allowed) for clip in clips]
    hours = sum(clip.seconds for clip in clips) / 3600
    patterns = sorted({e.pattern for clip in clips for e in clip.events} | {c.pattern for clip in clips for c in clip.cases})
    misses = [(miss, outcome) for clip, outcome in zip(clips, outcomes) for miss in clip.near_misses]
    figures = figures_of("", outcomes, hours, allowed)
    if misses:
        taken = sum(any(mistaken(miss, case, allowed) for case in outcome.false) for miss, outcome in misses)
        figures.append(share("near misses taken for an event", taken, len(misses), "near misses"))
    if len(patterns) > 1:
        for pattern in patterns:
            figures += figures_of(f" {pattern}", [only(outcome, pattern) for outcome in outcomes], hours, allowed)
    return figures, [row for clip, outcome in zip(clips, outcomes) for row in told(clip, outcome)]


def only(outcome: Outcome, pattern: str) -> Outcome:
    def fits(pair: tuple[Event, Case]) -> bool:
        return pair[0].pattern == pattern

    return Outcome(
        list(filter(fits, outcome.pairs)),
        [e for e in outcome.missed if e.pattern == pattern],
        list(filter(fits, outcome.duplicates)),
        [c for c in outcome.false if c.pattern == pattern],
    )


def figures_of(label: str, outcomes: list[Outcome], hours: float, allowed: Tolerance) -> list[Figure]:
    pairs = [pair for outcome in outcomes for pair in outcome.pairs]
    missed, doubled, false = (sum(len(getattr(o, side)) for o in outcomes) for side in ("missed", "duplicates", "false"))
    figures = [
        share(f"found{label}", len(pairs), len(pairs) + missed, "events"),
        share(f"missed{label}", missed, len(pairs) + missed, "events"),
    ]
    figures.append(share(f"cases that stand for an event{label}", len(pairs), len(pairs) + doubled + false, "cases"))
    figures.append(rate(f"false per hour{label}", false, hours, "false cases"))
    per_event = np.array([1 + sum(event is other for o in outcomes for other, _ in o.duplicates) for event, _ in pairs], float)
    figures.append(
        bootstrapped(f"cases per found event{label}", "found events", len(pairs), lambda w: float(w @ per_event) / max(1, w.sum()))
    )
    figures += times(f"latency{label}", "found events", np.array([case.opened - event.start for event, case in pairs]))
    over = [(event, case) for event, case in pairs if math.isfinite(event.end)]
    # Told gone while it still stands is wrong, not quick.
    gone = [(event, case) for event, case in over if case.gone is not None and case.gone >= event.end - allowed.secs]
    figures.append(share(f"gone told{label}", len(gone), len(over), "found events that ended"))
    early = sum(case.gone is not None and case.gone < event.end - allowed.secs for event, case in pairs)
    figures.append(share(f"told gone while it stood{label}", early, len(pairs), "found events"))
    figures += times(f"gone latency{label}", "events told gone", np.array([(case.gone or 0.0) - event.end for event, case in gone]))
    away = np.array([metres(case.place, event.place) for event, case in pairs if case.place and event.place])
    figures.append(bootstrapped(f"place error median, metres{label}", "found events", len(away), lambda w: quantile(away, w, 0.5)))
    return figures


def times(label: str, of: str, values: np.ndarray) -> list[Figure]:
    return [
        bootstrapped(f"{label} {name}, seconds", of, len(values), lambda w: quantile(values, w, part))
        for name, part in (("median", 0.5), ("p95", 0.95))
    ]


def told(clip: Clip, outcome: Outcome) -> list[dict]:
    """One row an event and one a case that stands for none, for people who ask why."""

    def row(became: str, event: Event | None, case: Case | None) -> dict:
        line: dict = {"clip": clip.name, "became": became}
        if event:
            line |= {"pattern": event.pattern, "start_secs": event.start, "end_secs": event.end if math.isfinite(event.end) else None}
        if case:
            line |= {
                "pattern": case.pattern,
                "case": case.identity,
                "opened_secs": round(case.opened, 3),
                "gone_secs": None if case.gone is None else round(case.gone, 3),
            }
        if event and case and event.place and case.place:
            line["metres"] = round(metres(event.place, case.place), 3)
        return line

    return [
        *(row("found", event, case) for event, case in outcome.pairs),
        *(row("missed", event, None) for event in outcome.missed),
        *(row("duplicate", event, case) for event, case in outcome.duplicates),
        *(row("false", None, case) for case in outcome.false),
    ]
