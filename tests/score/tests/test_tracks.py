"""Tracks: equal to direct calls of motmetrics and TrackEval, and what perfect, split, late and shuffled tracks must give."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from trackeval.metrics import CLEAR, HOTA, Identity

from score import mot_files, tracks

from .conftest import put


def walk(seed: int, frames: int = 60, people: int = 5) -> tuple[list[str], list[str]]:
    """MOT rows of people who cross a square, and of a tracker that loses, renames and invents some."""
    random = np.random.default_rng(seed)
    truth, found = [], []
    for person in range(1, people + 1):
        place, step, name = random.uniform(0, 300, 2), random.normal(0, 4, 2), person + 10
        for frame in range(1, frames + 1):
            place = place + step
            truth.append(f"{frame},{person},{place[0]:.2f},{place[1]:.2f},40,90,1,-1,-1,-1")
            if random.random() < 0.05:
                name += 100
            if random.random() < 0.85:
                near = place + random.normal(0, 5, 2)
                found.append(f"{frame},{name},{near[0]:.2f},{near[1]:.2f},42,88,0.9,-1,-1,-1")
    for frame in range(1, frames + 1, 4):
        found.append(f"{frame},9999,500,10,30,60,0.5,-1,-1,-1")
    return truth, found


def read(folder, truth: list[str], found: list[str]) -> mot_files.Sequence:
    return mot_files.read(put(folder / "gt.txt", "\n".join(truth)), put(folder / "tracks.txt", "\n".join(found)))


def by_name(sequence: mot_files.Sequence) -> dict[str, float | None]:
    return {figure.name: figure.value for figure in tracks.scored(sequence)}


def trackeval_direct(truth: list[str], found: list[str]) -> dict[str, float]:
    """From the rows alone, by TrackEval's own CLEAR, Identity and HOTA."""
    sides = [[tuple(float(v) for v in row.replace(",", " ").split()[:6]) for row in side] for side in (truth, found)]
    numbers = [{identity: k for k, identity in enumerate(sorted({row[1] for row in side}))} for side in sides]
    frames = range(1, int(max(row[0] for row in sides[0])) + 1)
    ids = [[np.array([numbers[s][row[1]] for row in sides[s] if row[0] == f], int) for f in frames] for s in (0, 1)]
    boxes = [[np.array([row[2:6] for row in side if row[0] == f]).reshape(-1, 4) for f in frames] for side in sides]

    def overlap(a, b) -> float:
        w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
        h = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
        common = max(w, 0) * max(h, 0)
        return common / (a[2] * a[3] + b[2] * b[3] - common)

    data = {
        "gt_ids": ids[0],
        "tracker_ids": ids[1],
        "num_timesteps": len(frames),
        "similarity_scores": [
            np.array([[overlap(a, b) for b in found_boxes] for a in true_boxes]).reshape(len(true_boxes), len(found_boxes))
            for true_boxes, found_boxes in zip(*boxes)
        ],
        "num_gt_ids": len(numbers[0]),
        "num_tracker_ids": len(numbers[1]),
        "num_gt_dets": len(sides[0]),
        "num_tracker_dets": len(sides[1]),
    }
    quiet = {"PRINT_CONFIG": False}
    clear, identity = CLEAR(quiet).eval_sequence(data), Identity(quiet).eval_sequence(data)
    return {
        "MOTA": clear["MOTA"],
        "IDF1": identity["IDF1"],
        "HOTA": HOTA().eval_sequence(data)["HOTA"].mean(),
        "id switches": clear["IDSW"],
    }


@pytest.mark.parametrize("seed", range(6))
def test_equal_to_trackeval_on_made_up_walks(tmp_path, seed):
    truth, found = walk(seed)
    ours = by_name(read(tmp_path, truth, found))
    for name, value in trackeval_direct(truth, found).items():
        assert ours[name] == pytest.approx(value, abs=1e-6), name


@pytest.mark.parametrize("name", ["TUD-Campus", "TUD-Stadtmitte"])
def test_equal_to_both_libraries_on_shared_sequences(data, name):
    folder = data / "mot" / name
    sequence = mot_files.read(folder / "gt" / "gt.txt", folder / "example_tracker_output.txt")
    ours = by_name(sequence)
    rows = [(folder / file).read_text().splitlines() for file in ("gt/gt.txt", "example_tracker_output.txt")]
    for key, value in trackeval_direct(*rows).items():
        assert ours[key] == pytest.approx(value, abs=1e-6), key
    direct = motmetrics_direct(*rows)
    for key, value in direct.items():
        assert ours[key] == pytest.approx(value, abs=1e-6), key


def motmetrics_direct(truth: list[str], found: list[str]) -> dict[str, float]:
    import io

    import motmetrics

    frames = [
        motmetrics.io.loadtxt(io.StringIO("\n".join(side).replace(" ", ",")), fmt="mot15-2D", min_confidence=limit)
        for side, limit in ((truth, 1), (found, -1))
    ]
    accumulator = motmetrics.MOTAccumulator(auto_id=False)
    for frame in range(1, int(frames[0].index.get_level_values(0).max()) + 1):
        ids, boxes = [], []
        for side in frames:
            rows = side.loc[frame] if frame in side.index.get_level_values(0) else side.iloc[0:0].droplevel(0)
            ids.append(rows.index.to_numpy())
            boxes.append(rows[["X", "Y", "Width", "Height"]].to_numpy(float))
        distance = np.array([[motmetrics.distances.boxiou(a, b) for b in boxes[1]] for a in boxes[0]]).reshape(len(ids[0]), len(ids[1]))
        accumulator.update(ids[0], ids[1], np.where(distance >= 0.5, 1 - distance, np.nan), frameid=frame)
    result = motmetrics.metrics.create().compute(
        accumulator, metrics=["mota", "idf1", "num_switches", "num_fragmentations"], return_dataframe=False
    )
    return {
        "MOTA": result["mota"],
        "IDF1": result["idf1"],
        "id switches": result["num_switches"],
        "fragmentations": result["num_fragmentations"],
    }


def test_perfect_split_and_shifted_tracks(tmp_path):
    truth, _ = walk(1)
    best = by_name(read(tmp_path, truth, truth))
    assert (best["MOTA"], best["IDF1"], best["id switches"], best["fragmentations"]) == (1, 1, 0, 0)
    assert best["HOTA"] == pytest.approx(1)
    split = [
        ",".join([row.split(",")[0], str(int(row.split(",")[1]) + 50 * (int(row.split(",")[0]) > 30)), *row.split(",")[2:]])
        for row in truth
    ]
    halved = by_name(read(tmp_path, truth, split))
    assert halved["id switches"] == 5 and halved["IDF1"] == pytest.approx(0.5) and halved["HOTA"] < 0.8
    late = [",".join([str(int(row.split(",")[0]) + 20), *row.split(",")[1:]]) for row in truth if int(row.split(",")[0]) <= 40]
    assert by_name(read(tmp_path, truth, late))["IDF1"] < 0.3


def test_a_second_track_on_everything_costs(tmp_path):
    truth, found = walk(2)
    twice = found + [",".join([row.split(",")[0], str(int(row.split(",")[1]) + 50_000), *row.split(",")[2:]]) for row in found]
    once, doubled = by_name(read(tmp_path, truth, found)), by_name(read(tmp_path, truth, twice))
    assert all(doubled[name] < once[name] for name in ("MOTA", "IDF1", "HOTA"))


@settings(max_examples=8)
@given(order=some.randoms(use_true_random=False), shift=some.integers(1, 10_000))
def test_order_of_lines_and_names_of_ids_change_nothing(tmp_path_factory, order, shift):
    truth, found = walk(3, frames=30)
    folder = tmp_path_factory.mktemp("order")
    first = by_name(read(folder, truth, found))
    order.shuffle(truth)
    order.shuffle(found)
    renamed = [",".join([row.split(",")[0], str(int(row.split(",")[1]) + shift), *row.split(",")[2:]]) for row in found]
    again = by_name(read(folder, truth, renamed))
    # Which of two equal pairings of ids is taken may differ, and with it a switch; the figures that sum over pairings may not.
    assert {n: again[n] for n in ("MOTA", "IDF1", "HOTA")} == pytest.approx({n: first[n] for n in ("MOTA", "IDF1", "HOTA")}, abs=1e-9)


def test_intervals_hold_the_figure(tmp_path):
    for figure in tracks.scored(read(tmp_path, *walk(4))):
        if figure.low is not None:
            assert figure.low <= figure.value <= figure.high
