"""Bad input ends with exit code 2 and one line that names file, field and value; nothing is scored and nothing is a traceback."""

import copy
import json
from pathlib import Path

import pytest

from score import evaluate, scenes
from score.__main__ import main
from score.fault import BadInput

from .conftest import put

TRUTH = {
    "images": [{"id": 1, "file_name": "a/1.png", "width": 9, "height": 9}, {"id": 2, "file_name": "b/2.png", "width": 9, "height": 9}],
    "categories": [{"id": 1, "name": "bin"}],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 5, 5]},
        {"id": 2, "image_id": 2, "category_id": 1, "bbox": [0, 0, 5, 5]},
    ],
}
RESULTS = [{"file_name": "a/1.png", "category_name": "bin", "bbox": [0, 0, 5, 5], "score": 0.5}]
AT = {"lon_deg": 114.34, "lat_deg": 22.69}
EVENTS = {"fps": 5, "frames": 500, "events": [{"pattern": "roadside_stall", "start_secs": 10, "end_secs": 60, **AT}]}
SUMMARY = {"frames": 500, "media_secs": 99.8, "cases": 1}


def fact(kind: str, revision: int, clock: str) -> dict:
    moment = f"2026-01-01T{clock}Z"
    return {
        "time": moment,
        "data": {
            "case_id": "c",
            "revision": revision,
            "kind": kind,
            "pattern": {"id": "roadside_stall"},
            "place": AT,
            "first_seen_at": moment,
        },
    }


CASES = [fact("opened", 1, "00:00:20.000"), fact("gone", 2, "00:01:05.000")]


def lines(rows: list) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def refused(capsys, words: list[object]) -> str:
    assert main([str(word) for word in words]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1
    return captured.err


def detections(folder: Path, truth, results) -> list[object]:
    return ["detections", "--data", "x", "--truth", put(folder / "truth.json", truth), "--results", put(folder / "results.json", results)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t["images"][1].update(id=1), ["truth.json", "images.id", "1", "once"]),
        (lambda t: t["images"][1].update(file_name="a/1.png"), ["truth.json", "images.file_name", "a/1.png"]),
        (lambda t: t["annotations"][1].update(id=1), ["truth.json", "annotations.id", "1", "once"]),
        (lambda t: t["annotations"][1].update(image_id=7), ["annotations[1].image_id", "7"]),
        (lambda t: t["annotations"][0].update(bbox=[0, 0, float("nan"), 5]), ["annotations[0].bbox[2]", "nan"]),
        (lambda t: t["annotations"][0].update(bbox=[0, 0, 0, 5]), ["annotations[0].bbox", "above 0"]),
        (lambda t: t.update(annotations=[]), ["annotations", "at least one box"]),
        (lambda t: t.pop("categories"), ["categories", "missing"]),
    ],
)
def test_bad_detection_truth(tmp_path, capsys, change, said):
    truth = copy.deepcopy(TRUTH)
    change(truth)
    message = refused(capsys, detections(tmp_path, truth, RESULTS))
    assert all(part in message for part in said), message


@pytest.mark.parametrize(
    ("results", "said"),
    [
        ("", ["results.json", "empty"]),
        ("{", ["results.json", "JSON"]),
        ({}, ["results.json", "list"]),
        ([{**RESULTS[0], "file_name": "c/3.png"}], ["results.json", "[0].file_name", "c/3.png", "a picture of the truth"]),
        ([{**RESULTS[0], "bbox": [0, 0, 1, float("inf")]}], ["[0].bbox[3]", "inf"]),
        ([{**RESULTS[0], "bbox": [0, 0, 1]}], ["[0].bbox"]),
        ([{**RESULTS[0], "score": 1.5}], ["[0].score", "1.5", "0 to 1"]),
        ([{**RESULTS[0], "score": "NaN"}], ["[0].score", "NaN"]),
        ([{"image_id": 9, "category_id": 1, "bbox": [0, 0, 1, 1], "score": 0.5}], ["[0].image_id", "9"]),
    ],
)
def test_bad_results(tmp_path, capsys, results, said):
    message = refused(capsys, detections(tmp_path, TRUTH, results))
    assert all(part in message for part in said), message


@pytest.mark.parametrize(
    ("summary", "said"),
    [
        ({"images": 1, "unreadable": 0}, ["summary.json", "images", "1", "2"]),
        ({"images": 2, "unreadable": 1}, ["summary.json", "unreadable", "1"]),
    ],
)
def test_truth_pictures_that_the_detector_never_saw(tmp_path, capsys, summary, said):
    message = refused(capsys, [*detections(tmp_path, TRUTH, RESULTS), "--summary", put(tmp_path / "summary.json", summary)])
    assert all(part in message for part in said), message


def events(folder: Path, truth, cases: str, summary=None) -> list[object]:
    words = ["events", "--data", "x", "--truth", put(folder / "truth.json", truth), "--cases", put(folder / "cases.jsonl", cases)]
    return [*words, *(["--summary", put(folder / "summary.json", summary)] if summary else [])]


def test_the_unspoilt_input_is_scored(tmp_path, capsys):
    assert main([str(word) for word in events(tmp_path, EVENTS, lines(CASES), SUMMARY)]) == 0
    assert main([str(word) for word in detections(tmp_path, TRUTH, RESULTS)]) == 0
    assert main([str(word) for word in events(tmp_path, EVENTS, "", {**SUMMARY, "cases": 0})]) == 0
    capsys.readouterr()


@pytest.mark.parametrize(
    ("truth", "cases", "summary", "said"),
    [
        (EVENTS, "", None, ["cases.jsonl", "empty"]),
        (EVENTS, lines([CASES[0], CASES[0]]), None, ["cases.jsonl", "case c revision 1", "once"]),
        (EVENTS, lines([CASES[1]]), None, ["case c", "0 facts of kind opened"]),
        (EVENTS, lines([fact("opened", 1, "00:05:00.000")]), None, ["line 1.time", "00:05:00", "0 to 100 s"]),
        (EVENTS, lines([fact("opened", 1, "late")]), None, ["line 1.first_seen_at", "RFC 3339"]),
        (EVENTS, "{\n", None, ["line 1", "JSON"]),
        (EVENTS, lines(CASES), {**SUMMARY, "frames": 250}, ["summary.json", "frames", "250", "500"]),
        (EVENTS, lines(CASES), {**SUMMARY, "media_secs": 49.9}, ["summary.json", "media_secs", "49.9", "99.8"]),
        (EVENTS, lines(CASES), {**SUMMARY, "cases": 2}, ["cases.jsonl", "cases", "2"]),
        ({**EVENTS, "frames": []}, lines(CASES), None, ["truth.json", "frames"]),
        ({**EVENTS, "fps": 0}, lines(CASES), None, ["truth.json", "fps", "0"]),
        ({**EVENTS, "events": [{"event": "parade", "t_secs": 1, **AT}]}, lines(CASES), None, ["events[0].event", "parade", "stall_set_up"]),
        ({**EVENTS, "events": [{"event": "stall_leaves", "t_secs": 1, **AT}]}, lines(CASES), None, ["events[0].event", "stall_leaves"]),
        (
            {**EVENTS, "events": [{"pattern": "x", "start_secs": 200, "end_secs": None, **AT}]},
            lines(CASES),
            None,
            ["events[0].start_secs", "200"],
        ),
        ({**EVENTS, "events": [{"pattern": "x", "start_secs": 1, "end_secs": None}]}, lines(CASES), None, ["place", "--without-place"]),
    ],
)
def test_bad_events(tmp_path, capsys, truth, cases, summary, said):
    message = refused(capsys, events(tmp_path, truth, cases, summary))
    assert all(part in message for part in said), message


GT = "1,1,0,0,10,10,1\n2,1,0,0,10,10,1\n"
INFO = "[Sequence]\nseqLength=2\nframeRate=7\n"


@pytest.mark.parametrize(
    ("truth", "found", "more", "said"),
    [
        ("", GT, {}, ["gt.txt", "empty"]),
        (GT, "", {}, ["tracks.txt", "empty"]),
        (GT, GT + "2,1,3,3,10,10,1\n", {}, ["tracks.txt", "line 3, id", "1", "frame 2"]),
        (GT, "1,1,nan,0,10,10,1\n", {}, ["tracks.txt", "line 1, left", "nan"]),
        (GT, "1,1,0,0,-3,10,1\n", {}, ["line 1, width", "-3"]),
        (GT, "1,1,0,0\n", {}, ["line 1"]),
        (GT, "3,1,0,0,10,10,1\n", {}, ["tracks.txt", "frame", "3", "1 to 2"]),
        ("2,1,0,0,10,10,1\n", "1,1,0,0,10,10,1\n", {}, ["gt.txt", "frame", "tracks.txt"]),
        (GT, GT, {"--fps": 25}, ["tracks.txt", "--fps", "25", "7"]),
    ],
)
def test_bad_tracks(tmp_path, capsys, truth, found, more, said):
    words: list[object] = [
        "tracks",
        "--data",
        "x",
        "--truth",
        put(tmp_path / "gt.txt", truth),
        "--tracks",
        put(tmp_path / "tracks.txt", found),
    ]
    words += ["--seqinfo", put(tmp_path / "seqinfo.ini", INFO)] if more else []
    message = refused(capsys, [*words, *(word for pair in more.items() for word in pair)])
    assert all(part in message for part in said), message


@pytest.mark.parametrize(
    ("truth", "located", "said"),
    [
        ("", "114,22,42,0.5,N", ["points.csv", "empty"]),
        ("lon,lat\n114,22\n", "", ["located", "empty"]),
        ("u,v\n1,2\n", "1,2,3,4,N", ["points.csv", "header"]),
        ("lon,lat\n114,22\n", "114,22,42,0.5,N\n114,22,42,0.5,N\n", ["located", "lines", "2", "1, one for each"]),
        ("lon,lat\n114,99\n", "114,22,42,0.5,N", ["points.csv", "line 2, lat", "99"]),
        ("lon,lat\n114,22\n", "114,22,42,-1,N", ["located", "line 1, error_metres", "-1"]),
        ("lon,lat\n114,22\n", "error", ["located", "line 1", "error"]),
    ],
)
def test_bad_positions(tmp_path, capsys, truth, located, said):
    message = refused(
        capsys,
        ["positions", "--data", "x", "--truth", put(tmp_path / "points.csv", truth), "--located", put(tmp_path / "located", located)],
    )
    assert all(part in message for part in said), message


def test_empty_truth_files(tmp_path, capsys):
    assert all(part in refused(capsys, detections(tmp_path, "", RESULTS)) for part in ["truth.json", "empty"])
    assert all(part in refused(capsys, events(tmp_path, "", lines(CASES))) for part in ["truth.json", "empty"])


@pytest.mark.parametrize(
    ("results", "summary", "said"),
    [
        ("", {"images": 2}, ["results.json", "empty"]),
        ([{"score": 0.5}], {"images": 2}, ["results.json", "[0].category_name", "missing"]),
        ([], {"images": 0}, ["summary.json", "images", "0"]),
    ],
)
def test_bad_counts(tmp_path, capsys, results, summary, said):
    words = ["counts", "--data", "x", "--results", put(tmp_path / "results.json", results), "--summary", put(tmp_path / "summary.json", summary)]
    message = refused(capsys, words)
    assert all(part in message for part in said), message


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda frames: frames[1]["objects"].append(frames[1]["objects"][0]), ["frames[1].objects.id", "1", "once"]),
        (lambda frames: frames[1].update(frame=0), ["frames[1].frame", "0"]),
        (lambda frames: frames[0]["objects"][0].update(visible=[0, 0, 5]), ["frames[0].objects.visible", "[x1, y1, x2, y2]"]),
    ],
)
def test_bad_truth_of_a_rendered_clip(tmp_path, change, said):
    thing = {"id": 1, "class": "bin", "visible": [0, 0, 9, 20], "full": [0, 0, 9, 20]}
    frames = [{"frame": n, "objects": [dict(thing)]} for n in range(3)]
    change(frames)
    with pytest.raises(BadInput) as refusal:
        scenes.coco_of_clip(put(tmp_path / "clip.json", {"size_px": [64, 48], "frames": frames}), 1)
    assert all(part in str(refusal.value) for part in ["clip.json", *said]), refusal.value


def test_truth_with_more_frames_than_its_clip(tmp_path):
    """The committed clip has 120 frames; picture 120 would be the 121st."""
    clip = evaluate.SCENES / "clips" / "fault_clock.mp4"
    truth = {"images": [{"id": n, "file_name": scenes.frame_name("clip", n), "width": 640, "height": 360} for n in (0, 120)]}
    with pytest.raises(BadInput) as refusal:
        evaluate.Evaluation("unused", tmp_path, lambda words: 0).frames({"clip": clip}, "cut", truth)
    assert all(part in str(refusal.value) for part in ["fault_clock.mp4", "frames", "120", "clip_00120.png"]), refusal.value


def test_a_manifest_and_a_file_that_are_not_there(tmp_path, capsys):
    words = detections(tmp_path, TRUTH, RESULTS)
    assert "nowhere.toml" in refused(capsys, [*words, "--manifest", tmp_path / "nowhere.toml"])
    assert "--date" in refused(capsys, [*words, "--date", "yesterday"])
