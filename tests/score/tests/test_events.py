"""Events: one case stands for one event at most, late, early, far and doubled cases cost, and the pairing is the largest there is."""

import itertools
import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from score import event_files, events
from score.event_files import Case, Clip, Event
from score.events import Tolerance

HERE = (114.34, 22.69)
METRE = 1 / 110_739.7  # degrees of latitude there


def north(metres: float) -> tuple[float, float]:
    return HERE[0], HERE[1] + metres * METRE


def event(start: float, end: float = math.inf, at: float = 0.0, pattern: str = "stall") -> Event:
    return Event(pattern, start, end, north(at))


def case(
    opened: float, gone: float | None = None, at: float = 0.0, pattern: str = "stall", name: str = "c", seen: float | None = None
) -> Case:
    return Case(name, pattern, opened if seen is None else seen, opened, gone, north(at))


def by_name(happened: list[Event], cases: list[Case], allowed: Tolerance = Tolerance()) -> dict[str, float | None]:
    figures, _ = events.scored([Clip("clip", 3600.0, happened, cases)], allowed)
    return {figure.name: figure.value for figure in figures}


def test_distance_is_in_metres():
    assert event_files.metres(HERE, north(100)) == pytest.approx(100, abs=0.01)
    assert event_files.metres((114.34, 22.69), (114.341, 22.69)) == pytest.approx(
        102.77, abs=0.02
    )  # 111.320 km x cos(lat), on the ellipsoid


def test_a_perfect_run():
    figures = by_name([event(10, 60), event(100)], [case(20, gone=65), case(105, name="d")])
    assert figures["found"] == 1 and figures["missed"] == 0 and figures["false per hour"] == 0
    assert figures["latency median, seconds"] == 7.5 and figures["gone told"] == 1 and figures["gone latency median, seconds"] == 5


def test_no_cases_find_nothing():
    figures = by_name([event(10, 60)], [])
    assert figures["found"] == 0 and figures["missed"] == 1 and figures["latency median, seconds"] is None


def test_gone_told_of_what_still_stands_is_counted():
    stands = [event(10, 60), event(100), event(200, 260)]
    figures = by_name(stands, [case(20, gone=30), case(105, gone=180, name="d"), case(205, gone=258, name="e")])
    assert figures["found"] == 1 and figures["told gone while it stood"] == pytest.approx(2 / 3)
    assert figures["gone told"] == pytest.approx(1 / 2)  # of the two that ended


def test_duplicates_cost():
    figures = by_name([event(10, 60)], [case(20, name="a"), case(30, name="b"), case(40, name="c")])
    assert (
        figures["cases per found event"] == 3 and figures["cases that stand for an event"] == pytest.approx(1 / 3) and figures["found"] == 1
    )


@pytest.mark.parametrize(
    "wrong",
    [
        case(70),  # told after it was over
        case(2),  # told before it began
        case(20, seen=2),  # its dwell time was gathered before there was anything
        case(20, at=30),  # elsewhere
        case(20, pattern="bin"),  # something else
        Case("c", "stall", 20, 20, None, None),  # nowhere
    ],
)
def test_a_case_that_is_not_the_event_is_false_and_the_event_missed(wrong):
    figures = by_name([event(10, 60)], [wrong])
    assert figures["found"] == 0 and figures["false per hour"] == 1


def test_without_place_a_case_from_nowhere_counts():
    assert by_name([event(10, 60)], [Case("c", "stall", 20, 20, None, None)], Tolerance(without_place=True))["found"] == 1


def test_one_case_stands_for_one_event_only():
    figures = by_name([event(10, 60), event(10, 60, at=2)], [case(20, at=1)])
    assert figures["found"] == 0.5


def test_gone_while_it_still_stands_is_not_told():
    figures = by_name([event(10, 60)], [case(20, gone=30)])
    assert figures["gone told"] == 0 and figures["gone latency median, seconds"] is None


def test_a_near_miss_that_made_a_case_is_counted():
    miss = event_files.NearMiss("unloading", 10, 60, north(0))
    for cases, taken in ([], 0), ([case(20, pattern="parking")], 1), ([case(20, at=30)], 0), ([case(90)], 0):
        figures, _ = events.scored([Clip("clip", 100, [], cases, (miss,))], Tolerance())
        assert {f.name: f.value for f in figures}["near misses taken for an event"] == taken


def test_two_events_at_one_place_one_after_the_other():
    outcome = events.assigned(
        Clip("clip", 200, [event(10, 40), event(100, 150)], [case(110, name="later"), case(20, name="first")]), Tolerance()
    )
    assert {(pair[0].start, pair[1].identity) for pair in outcome.pairs} == {(10, "first"), (100, "later")}


times = some.integers(0, 60).map(float)
happenings = some.lists(some.builds(lambda s, d, a: event(s, s + d, a), times, times, some.integers(0, 12)), max_size=4)
told = some.lists(some.builds(lambda s, a: case(s, at=a), times, some.integers(0, 12)), max_size=4)


@settings(max_examples=200)
@given(happened=happenings, cases=told)
def test_the_pairing_is_the_largest_and_every_case_is_accounted_for(happened, cases):
    allowed = Tolerance()
    outcome = events.assigned(Clip("clip", 200, happened, cases), allowed)
    short, long = sorted((range(len(happened)), range(len(cases))), key=len)
    flip = len(happened) > len(cases)
    best = max(
        sum(math.isfinite(events.cost(happened[b if flip else a], cases[a if flip else b], allowed)) for a, b in zip(short, order))
        for order in itertools.permutations(long, len(short))
    )
    assert len(outcome.pairs) == best
    assert len(outcome.pairs) + len(outcome.duplicates) + len(outcome.false) == len(cases)
    assert len(outcome.pairs) + len(outcome.missed) == len(happened)


@settings(max_examples=50)
@given(happened=happenings, cases=told, order=some.randoms(use_true_random=False))
def test_order_of_cases_changes_no_count(happened, cases, order):
    first = by_name(happened, cases)
    order.shuffle(cases)
    order.shuffle(happened)
    again = by_name(happened, cases)
    for name in ("found", "cases that stand for an event", "false per hour"):
        assert again[name] == first[name]


def test_happenings_become_intervals(tmp_path):
    truth = tmp_path / "truth.json"
    at = {"lon_deg": HERE[0], "lat_deg": HERE[1]}
    truth.write_text(
        json.dumps(
            {
                "fps": 5,
                "frames": 500,
                "events": [
                    {"event": "stall_leaves", "t_secs": 59.0, "complete_secs": 62.0, **at},
                    {"event": "stall_set_up", "t_secs": 8.0, "complete_secs": 10.0, **at},
                    {"event": "bin_overflows", "t_secs": 14.0, **at},
                    {"pattern": "crowd", "start_secs": 1, "end_secs": 2, **at},
                ],
            }
        )
    )
    read = event_files.read_truth(truth, event_files.pattern_map(None))
    assert (read.seconds, read.frames, read.last_secs) == (100, 500, 99.8)
    assert [(e.pattern, e.start, e.end) for e in read.events] == [
        ("crowd", 1, 2),
        ("roadside_stall", 8, 62),
        ("bin_overflowing", 14, math.inf),
    ]
