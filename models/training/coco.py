"""Reads a COCO file with its pictures and refuses what training would choke on or, worse, learn from. Needs no torch.

In: a COCO json. Out: [(path, [[class, left, top, right, bottom], ...])] in pixels, classes by their place in NAMES; an annotation
with `"ignore": 1` has class IGNORED: it may or may not be found. Raises Refused with file, field, value and what is allowed.

A picture is labelled completely: what is not labelled is not there, of the file's classes. Unless it has LVIS's fields, as pictures
from reviewed cases do: then only the classes of `neg_category_ids` are known to be absent (`absences`).
"""
import json
import math
import pathlib

from PIL import Image

from classes import IGNORED, NAMES
from refused import Refused

SLACK_PX = 1.0  # labelling tools round


PARTLY = ("neg_category_ids", "not_exhaustive_category_ids")


def read_coco(path, only=None, growing=False, folder=None):
    """`only`: the class names to read from a file that has others too; without it every class of the file must be one of ours.
    `growing`: a set still being rendered may lack boxes of a class. `folder`: what file names are relative to, if not the file's own."""
    path = pathlib.Path(path)
    folder, data = pathlib.Path(folder or path.parent), document(path)
    images = pictures(path, data, folder)
    growing = growing or any(field in image for image in images.values() for field in PARTLY)
    wanted = categories(path, data, only)
    labels, boxes_of = {number: [] for number in images}, {name: 0 for name in wanted.values()}
    for index, note in enumerate(records(path, data, "annotations")):
        where = f"annotations[{index}]"
        image, kind = images.get(note.get("image_id")), note.get("category_id")
        if image is None:
            raise Refused(path, f"{where}.image_id", note.get("image_id"), "the id of one of the file's images")
        if kind not in wanted:
            if only is None:
                raise Refused(path, f"{where}.category_id", kind, "the id of one of the file's categories")
            continue
        left, top, right, bottom = corners(path, f"{where}.bbox", note.get("bbox"), image)
        labels[note["image_id"]].append([IGNORED if note.get("ignore") else NAMES.index(wanted[kind]), left, top, right, bottom])
        boxes_of[wanted[kind]] += 1
    for name, count in boxes_of.items():
        if not count and not growing:
            raise Refused(path, "categories", name, "only classes that have a box; leave the class out of the file")
    return [(folder / image["file_name"], labels[number]) for number, image in images.items()]


def absences(path):
    """For each picture of a file that `read_coco` accepts, in its order: the classes (places in NAMES) that are known not to be there
    beyond the labelled boxes."""
    data = document(pathlib.Path(path))
    names = {kind["id"]: kind["name"] for kind in data["categories"]}
    named = {number for number, name in names.items() if name in NAMES}
    missing = [image.get("neg_category_ids", []) if any(field in image for field in PARTLY) else named for image in data["images"]]
    for index, numbers in enumerate(missing):
        if not isinstance(numbers, (list, set)) or not set(numbers) <= names.keys():
            raise Refused(path, f"images[{index}].neg_category_ids", numbers, "a list of the file's category ids")
    return [sorted(NAMES.index(names[number]) for number in numbers if number in named) for numbers in missing]


def document(path):
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(path, "file", str(error), "a readable COCO json") from error
    if not isinstance(data, dict):
        raise Refused(path, "file", type(data).__name__, "a JSON object with images, annotations and categories")
    return data


def records(path, data, name):
    rows = data.get(name)
    if not isinstance(rows, list) or any(not isinstance(row, dict) for row in rows):
        raise Refused(path, name, "missing" if rows is None else type(rows).__name__, "a list of objects")
    return rows


def categories(path, data, only):
    """{id: name} of the classes to read."""
    wanted, seen = {}, set()
    for index, kind in enumerate(records(path, data, "categories")):
        name, where = kind.get("name"), f"categories[{index}]"
        if not isinstance(name, str) or not name.strip():
            raise Refused(path, f"{where}.name", name, "a class name")
        if name in seen:
            raise Refused(path, f"{where}.name", name, "each class name once")
        if kind.get("id") in wanted:
            raise Refused(path, f"{where}.id", kind.get("id"), "each category id once")
        seen.add(name)
        if only is None and name not in NAMES:
            raise Refused(path, f"{where}.name", name, "one of " + " ".join(NAMES))
        if only is None or name in only:
            wanted[kind.get("id")] = name
    for name in only or ():
        if name not in seen:
            raise Refused(path, "categories", "missing", name)
    return wanted


def pictures(path, data, folder):
    """{id: image}, each picture opened and decoded once: a half file is found here and not an hour into training."""
    images, files = {}, set()
    for index, image in enumerate(records(path, data, "images")):
        number, file, where = image.get("id"), image.get("file_name"), f"images[{index}]"
        if number is None or number in images:
            raise Refused(path, f"{where}.id", number, "each image id once")
        if not isinstance(file, str) or not file or file in files:
            raise Refused(path, f"{where}.file_name", file, "each file once")
        try:
            with Image.open(folder / file) as picture:
                picture.load()
                size = picture.size
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise Refused(folder / file, f"{where}.file_name", str(error) or type(error).__name__, "a whole picture") from error
        stated = image.get("width"), image.get("height")
        if stated != size:
            raise Refused(path, f"{where}.width, height", f"{stated[0]} x {stated[1]}", f"the picture's {size[0]} x {size[1]}")
        images[number] = image
        files.add(file)
    if not images:
        raise Refused(path, "images", "empty", "at least one picture")
    return images


def corners(path, field, box, image):
    """(left, top, right, bottom), held to the picture; what reaches farther out than SLACK_PX is refused."""
    if not isinstance(box, list) or len(box) != 4 or not all(isinstance(v, (int, float)) and math.isfinite(v) for v in box):
        raise Refused(path, field, box, "four finite numbers: x, y, width, height")
    x, y, w, h = box
    if w <= 0 or h <= 0:
        raise Refused(path, field, box, "a width and a height above 0")
    if x < -SLACK_PX or y < -SLACK_PX or x + w > image["width"] + SLACK_PX or y + h > image["height"] + SLACK_PX:
        raise Refused(path, field, box, f"a box within the picture of {image['width']} x {image['height']} px ({image['file_name']})")
    return max(0, x), max(0, y), min(image["width"], x + w), min(image["height"], y + h)
