"""The rendered clip's truth, turned into boxes and places, agrees with itself."""

import json
import tomllib

import numpy as np
import pytest

from score import coco_files, scenes, site
from score.event_files import metres

from .conftest import REPOSITORY, put

TRUTH = REPOSITORY / "tests" / "scenes" / "street.json"


def test_places_lie_where_the_homography_of_the_truth_puts_their_pixels():
    body = json.loads(TRUTH.read_text())
    plane, origin = body["planes"]["pavement"], body["origin"]
    places = scenes.places_of_clip(TRUTH)
    assert len(places) > 500
    u, v, lon, lat = np.array(places).T
    east, north, scale = np.array(plane["ground_from_image"]) @ np.array([u, v, np.ones(len(u))])
    for e, n, to in zip(east / scale, north / scale, zip(lon, lat)):
        place = metres((origin["lon_deg"], origin["lat_deg"]), to)
        assert np.hypot(e, n) == pytest.approx(place, abs=plane["max_error_metres"] + 0.05)


def test_boxes_of_the_clip_are_coco_truth(tmp_path):
    made = scenes.coco_of_clip(TRUTH, every=50)
    images, categories, boxes = coco_files.read_truth(put(tmp_path / "truth.json", made))
    assert [image["id"] for image in images] == list(range(0, 390, 50))
    assert {"person", "stall", "bin", "bin_overflowing"} <= {category["name"] for category in categories}
    assert all(box["iscrowd"] or box["bbox"][3] >= scenes.HEIGHT_PX_MIN for box in boxes)


def test_a_clip_without_a_pipeline_gets_one_from_its_truth(tmp_path):
    rules, made = site.write(TRUTH, tmp_path, REPOSITORY / "models" / "street-nano.toml", REPOSITORY / "pipelines" / "patterns")
    pipeline, calibration = tomllib.loads(rules.read_text()), tomllib.loads(made.read_text())
    zones = {zone["id"] for zone in pipeline["zone"]}
    assert {zone for pattern in pipeline["pattern"] for zone in pattern["zones"]} <= zones == {"pavement", "no_parking"}
    rotation = np.array(calibration["camera"]["rotation"])
    assert rotation @ rotation.T == pytest.approx(np.eye(3), abs=1e-6) and np.linalg.det(rotation) == pytest.approx(1)


def test_every_committed_clip_gets_a_pipeline(tmp_path):
    """Also of a mirrored street, of a lane and of a junction: their pavement is where their people walk."""
    for truth in sorted((REPOSITORY / "tests" / "scenes" / "clips").glob("*.json")):
        rules, _ = site.write(truth, tmp_path, REPOSITORY / "models" / "street-nano.toml", REPOSITORY / "pipelines" / "patterns")
        hull = np.array(tomllib.loads(rules.read_text())["zone"][0]["polygon_px"])
        feet = [
            ((thing["full"][0] + thing["full"][2]) / 2, thing["full"][3] - 2)
            for frame in json.loads(truth.read_text())["frames"][::25]
            for thing in frame["objects"]
            if thing["class"].startswith("bin") and thing["visible"] and not thing.get("cut") and not frame.get("faults")
        ]
        assert all(scenes.in_hull(hull, u, v) for u, v in feet), truth.stem


def test_footage_without_calibration_gets_the_rules_on_its_whole_frame(tmp_path):
    clip = tmp_path / "road.avi"
    ruled = site.write_uncalibrated(clip, (320, 240), 5.0, tmp_path, tmp_path / "model.toml", REPOSITORY / "pipelines" / "patterns")
    pipeline = tomllib.loads(ruled.read_text())
    assert "calibration" not in pipeline["camera"] and pipeline["zone"][0]["polygon_px"][2] == [320, 240]
    assert {"roadside_stall", "bin_overflowing", "exposed_waste", "crowd"} == {pattern["id"] for pattern in pipeline["pattern"]}


def test_merged_truth_keeps_every_box_and_class(tmp_path):
    one, other = scenes.coco_of_clip(TRUTH, every=100), scenes.coco_of_clip(TRUTH, every=130)
    for image in other["images"]:
        image["file_name"] = f"other/{image['file_name']}"
    both = scenes.merged([one, {**other, "categories": other["categories"]}])
    images, _, boxes = coco_files.read_truth(put(tmp_path / "truth.json", both))
    assert len(images) == len(one["images"]) + len(other["images"]) and len(boxes) == len(one["annotations"]) + len(other["annotations"])
