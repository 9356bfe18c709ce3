"""The rendered clip's truth, turned into boxes and places, agrees with itself."""
import json

import numpy as np
import pytest

from score import coco_files, scenes
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
