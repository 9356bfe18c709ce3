"""Bad input is refused before training starts, with file, field and value."""
import json

import pytest

from classes import IGNORED, NAMES, Roles
from coco import absences, read_coco
from refused import Refused

BIN = NAMES.index("bin")


def refusal(city, spoil):
    folder, document = city
    spoil(document)
    (folder / "train.json").write_text(json.dumps(document))
    with pytest.raises(Refused) as refused:
        read_coco(folder / "train.json")
    return str(refused.value)


def test_a_good_set_is_read(city):
    folder, _ = city
    listed = read_coco(folder / "train.json")
    assert [len(labels) for _, labels in listed] == [1] * 6 + [0] * 2
    assert listed[0] == (folder / "0.png", [[BIN, 8, 12, 24, 36]])


def test_a_half_picture_is_named(city):
    folder, document = city
    whole = (folder / "3.png").read_bytes()
    (folder / "3.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Refused, match=r"3\.png: images\[3\]\.file_name"):
        read_coco(folder / "train.json")


def test_a_missing_picture_is_named(city):
    (city[0] / "5.png").unlink()
    with pytest.raises(Refused, match=r"5\.png"):
        read_coco(city[0] / "train.json")


@pytest.mark.parametrize("box", [[90, 10, 16, 24], [-5, 0, 16, 24], [0, 50, 16, 24]])
def test_a_box_out_of_the_picture_is_refused(city, box):
    text = refusal(city, lambda d: d["annotations"][2].update(bbox=box))
    assert "train.json: annotations[2].bbox" in text and str(box) in text and "96 x 64" in text


@pytest.mark.parametrize("box", [[1, 1, 0, 5], [1, 1, 5, -2], [1, 1, 5], None, [1, 1, float("nan"), 5], ["1", 1, 2, 3]])
def test_what_is_no_box_is_refused(city, box):
    assert "annotations[0].bbox" in refusal(city, lambda d: d["annotations"][0].update(bbox=box))


def test_a_box_that_was_rounded_over_the_edge_is_cut(city):
    folder, document = city
    document["annotations"][0]["bbox"] = [-0.5, 0, 16.5, 64.5]
    (folder / "train.json").write_text(json.dumps(document))
    assert read_coco(folder / "train.json")[0][1] == [[BIN, 0, 0, 16.0, 64]]


def test_a_class_without_a_box_is_refused(city):
    assert "categories: stall" in refusal(city, lambda d: d["categories"].append({"id": 9, "name": "stall"}))


def test_two_classes_of_one_name_are_refused(city):
    text = refusal(city, lambda d: d["categories"].append({"id": 9, "name": "bin"}))
    assert "categories[1].name: bin" in text and "once" in text


def test_two_classes_of_one_id_are_refused(city):
    assert "categories[1].id: 7" in refusal(city, lambda d: d["categories"].append({"id": 7, "name": "stall"}))


@pytest.mark.parametrize("name", ["bins", "", None, 3])
def test_an_unknown_class_is_refused(city, name):
    assert "categories[1].name" in refusal(city, lambda d: d["categories"].append({"id": 9, "name": name}))


@pytest.mark.parametrize(("field", "value"), [("image_id", 99), ("category_id", 99)])
def test_an_annotation_of_nothing_is_refused(city, field, value):
    assert f"annotations[1].{field}: {value}" in refusal(city, lambda d: d["annotations"][1].update({field: value}))


def test_a_wrong_size_is_refused(city):
    assert "images[4].width, height: 100 x 64" in refusal(city, lambda d: d["images"][4].update(width=100))


def test_a_picture_listed_twice_is_refused(city):
    assert "images[8].file_name: 0.png" in refusal(city, lambda d: d["images"].append({"id": 50, "file_name": "0.png", "width": 96, "height": 64}))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"images": 3}'])
def test_what_is_no_coco_file_is_refused(tmp_path, text):
    (tmp_path / "train.json").write_text(text)
    with pytest.raises(Refused, match="train.json"):
        read_coco(tmp_path / "train.json")


def test_classes_of_a_file_with_others_are_chosen_by_name(city):
    folder, document = city
    document["categories"].append({"id": 9, "name": "pothole"})
    document["annotations"].append({"id": 90, "image_id": 7, "category_id": 9, "bbox": [1, 1, 9, 9]})
    document["annotations"][5]["ignore"] = 1
    (folder / "train.json").write_text(json.dumps(document))
    listed = read_coco(folder / "train.json", only=["bin"])
    assert listed[7][1] == [] and listed[5][1][0][0] == IGNORED


def test_a_complete_picture_lacks_what_is_not_labelled_and_a_reviewed_one_what_was_denied(city):
    folder, document = city
    document["categories"].append({"id": 9, "name": "stall"})
    document["images"][6].update(neg_category_ids=[9], not_exhaustive_category_ids=[])
    document["images"][0].update(neg_category_ids=[], not_exhaustive_category_ids=[7])
    (folder / "train.json").write_text(json.dumps(document))
    read_coco(folder / "train.json")  # a reviewed set may name classes that have no box yet
    missing = absences(folder / "train.json")
    assert missing[0] == [] and missing[6] == [NAMES.index("stall")] and missing[1] == [BIN, NAMES.index("stall")]


@pytest.mark.parametrize("value", [[99], "stall", 3])
def test_an_absence_of_no_class_is_refused(city, value):
    folder, document = city
    document["images"][6]["neg_category_ids"] = value
    (folder / "train.json").write_text(json.dumps(document))
    with pytest.raises(Refused, match=r"images\[6\]\.neg_category_ids"):
        absences(folder / "train.json")


def test_the_layout_of_an_export_is_read(city):
    folder, document = city
    (folder / "coco").mkdir()
    (folder / "train.json").rename(folder / "coco/train.json")
    assert len(read_coco(folder / "coco/train.json", folder=folder)) == 8


def test_roles_follow_the_names_of_the_teacher():
    roles = Roles(["stall", "person", "train"])
    assert [NAMES[i] for i in roles.kept] == ["person", "stall"] and roles.in_teacher == [1, 0]
