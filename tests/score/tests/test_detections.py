"""Detections: equal to pycocotools, no gain by repeating, shifting or reordering, and a confusion matrix that adds up."""

import contextlib
import io
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from score import coco_files, confusion, detections
from score.figure import resampling

from .conftest import pictures_with_boxes, put


def read(folder: Path, truth: dict, results: list[dict]) -> coco_files.Pictures:
    return coco_files.read(put(folder / "truth.json", truth), put(folder / "results.json", results))


def by_name(pictures: coco_files.Pictures, thresholds: dict | None = None) -> dict[str, float | None]:
    figures = detections.scored(pictures, thresholds or {}, resampling(len(pictures.images), None, draws=3))
    return {figure.name: figure.value for figure in figures}


def pycocotools_direct(truth: dict, results: list[dict]) -> tuple[np.ndarray, list[float]]:
    """Precision [IoU, recall, class, area, limit], and the twelve figures of `summarize`."""
    image, category = {r["file_name"]: r["id"] for r in truth["images"]}, {r["name"]: r["id"] for r in truth["categories"]}
    rows = [
        {"image_id": image[r["file_name"]], "category_id": category[r["category_name"]], "bbox": r["bbox"], "score": r["score"]}
        for r in results
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = json.loads(json.dumps(truth))
        coco.createIndex()
        run = COCOeval(coco, coco.loadRes(rows), "bbox")
        run.evaluate(), run.accumulate(), run.summarize()
    return run.eval["precision"], run.stats


def compare(pictures: coco_files.Pictures, truth: dict, results: list[dict]) -> None:
    precision, stats = pycocotools_direct(truth, results)
    ours = by_name(pictures)
    assert ours["AP50-95 mean"] == pytest.approx(stats[0], abs=1e-6)
    assert ours["AP50 mean"] == pytest.approx(stats[1], abs=1e-6)
    for k, name in enumerate(pictures.names):
        for a, area in enumerate(("", " small", " medium", " large")):
            theirs = precision[0, :, k, a, 2]
            if f"AP50 {name}{area}" in ours:
                assert ours[f"AP50 {name}{area}"] == pytest.approx(theirs.mean(), abs=1e-6)
            else:
                assert (theirs == -1).all()


@pytest.mark.parametrize("seed", range(12))
def test_equal_to_pycocotools_on_made_up_pictures(tmp_path, seed):
    truth, results = pictures_with_boxes(seed)
    compare(read(tmp_path, truth, results), truth, results)


def test_equal_to_pycocotools_on_shared_pictures(tmp_path, data):
    truth = json.loads((data / "coco_bins_val.json").read_text())
    random = np.random.default_rng(4)
    name, category = {r["id"]: r["file_name"] for r in truth["images"]}, {r["id"]: r["name"] for r in truth["categories"]}
    boxes = [b for b in truth["annotations"] if random.random() < 0.9]
    scores = random.permutation(2 * len(boxes)) / (2 * len(boxes))
    results = [
        {
            "file_name": name[b["image_id"]],
            "category_name": category[b["category_id"]],
            "score": float(score),
            "bbox": (np.array(b["bbox"]) * random.normal(1, spread, 4).clip(0.5, 2)).round(2).tolist(),
        }
        for b, score, spread in zip([*boxes, *boxes], scores, [0.05] * len(boxes) + [0.2] * len(boxes))
    ]
    compare(read(tmp_path, truth, results), truth, results)


@pytest.mark.parametrize("seed", range(4))
def test_a_weight_of_two_is_the_picture_twice(tmp_path, seed):
    truth, results = pictures_with_boxes(seed, pictures=6)
    pictures = read(tmp_path, truth, results)
    weight = np.array([2, 0, 1, 1, 0, 2])
    repeated: dict = {"images": [], "categories": truth["categories"], "annotations": []}
    again = []
    for image, times in zip(truth["images"], weight):
        for copy in range(times):
            new = {**image, "id": image["id"] + 100 * copy, "file_name": f"{copy}/{image['file_name']}"}
            repeated["images"].append(new)
            for box in truth["annotations"]:
                if box["image_id"] == image["id"]:
                    repeated["annotations"].append({**box, "id": len(repeated["annotations"]) + 1, "image_id": new["id"]})
            again += [{**r, "file_name": new["file_name"]} for r in results if r["file_name"] == image["file_name"]]
    precision, _ = pycocotools_direct(repeated, again)
    for k, (m,) in enumerate(detections.matched(pictures, [detections.EVERYTHING], by_height=False)):
        if weight @ m.boxes:
            theirs = precision[:, :, k, 0, 2].mean(1)
            assert detections.average_precision(m, weight) == pytest.approx(theirs, abs=1e-6)


def perfect(truth: dict) -> list[dict]:
    name = {r["id"]: r["file_name"] for r in truth["images"]}
    return [
        {"file_name": name[b["image_id"]], "category_name": f"class{b['category_id']}", "bbox": b["bbox"], "score": 0.9}
        for b in truth["annotations"]
        if not b["iscrowd"]
    ]


def test_perfect_empty_doubled_and_shifted_results(tmp_path):
    truth, _ = pictures_with_boxes(1)
    right = perfect(truth)
    best = by_name(read(tmp_path, truth, right))
    values = [best[n] for n in best if n.startswith(("AP", "recall", "precision")) and best[n] is not None]
    assert len(values) > 20 and values == pytest.approx([1.0] * len(values))
    none = by_name(read(tmp_path, truth, []))
    assert none["AP50 mean"] == 0 and none["recall class1"] == 0 and none["precision class1"] is None
    doubled = by_name(read(tmp_path, truth, [*right, *right]))
    assert doubled["precision class1"] == pytest.approx(0.5) and doubled["recall class1"] == 1
    shifted = [{**r, "bbox": [r["bbox"][0] + 2 * r["bbox"][2], *r["bbox"][1:]]} for r in right]
    assert by_name(read(tmp_path, truth, shifted))["recall class1"] < 0.2


def test_a_false_result_above_a_right_one_costs_and_one_below_the_threshold_does_not(tmp_path):
    truth, _ = pictures_with_boxes(1)
    right = perfect(truth)
    false = {**right[0], "bbox": [600.0, 300.0, 20.0, 20.0]}
    high, low = ({**false, "score": score} for score in (0.95, 0.1))
    name, limit = right[0]["category_name"], {f"class{k}": 0.5 for k in (1, 2, 3)}
    assert by_name(read(tmp_path, truth, [*right, high]), limit)[f"AP50 {name}"] < 1
    assert by_name(read(tmp_path, truth, [*right, high]), limit)[f"precision {name}"] < 1
    assert by_name(read(tmp_path, truth, [*right, low]), limit)[f"precision {name}"] == 1


@settings(max_examples=10)
@given(order=some.randoms(use_true_random=False))
def test_order_changes_nothing(tmp_path_factory, order):
    truth, results = pictures_with_boxes(3)
    folder = tmp_path_factory.mktemp("order")
    first = by_name(read(folder, truth, results), {"class1": 0.3})
    order.shuffle(results)
    order.shuffle(truth["annotations"])
    assert by_name(read(folder, truth, results), {"class1": 0.3}) == pytest.approx(first, nan_ok=True)


def test_confusion_counts_every_box_and_result_once(tmp_path):
    truth, results = pictures_with_boxes(5)
    truth["annotations"] = [{**b, "iscrowd": 0} for b in truth["annotations"]]
    counts = confusion.per_picture(read(tmp_path, truth, results), {}).sum(0)
    assert counts[:-1].sum() == len(truth["annotations"])
    assert counts[:, :-1].sum() == len(results)


def test_confusion_of_swapped_classes_is_off_the_diagonal(tmp_path):
    truth, _ = pictures_with_boxes(1)
    swapped = [
        {**r, "category_name": {"class1": "class2", "class2": "class1"}.get(r["category_name"], r["category_name"])} for r in perfect(truth)
    ]
    pictures = read(tmp_path, truth, swapped)
    shown = confusion.matrix(pictures, {}, resampling(len(pictures.images), None, draws=20))
    counts = np.array(shown["counts"])
    assert counts[0, 0] == counts[1, 1] == 0 and counts[0, 1] > 0 and counts[1, 0] > 0 and shown["share_low_high"][0][1][0] == 1


def test_unlabelled_classes_are_counted_and_not_judged(tmp_path):
    truth, _ = pictures_with_boxes(1)
    right = perfect(truth)
    pictures = read(tmp_path, truth, [*right, {**right[0], "category_name": "dog"}])
    assert pictures.unjudged == {"dog": 1} and by_name(pictures)["precision class1"] == 1
