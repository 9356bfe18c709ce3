"""Readers of detection truth (COCO JSON), of `gridwarden detect` results, and of a model's score thresholds.

Out: one `Pictures` with truth and results side by side, everything checked: ids once, boxes finite and of positive size,
every result on a picture that the truth knows. Results of classes that the truth does not label at all cannot be judged:
they are counted in `unjudged` and leave the figures alone. Boxes are x, y, width, height in source pixels.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .fault import BadInput, document, field, number, parsed, text, unique, whole


@dataclass(frozen=True)
class Pictures:
    images: list[dict[str, Any]]
    categories: list[dict[str, Any]]
    truth: list[dict[str, Any]]
    results: list[dict[str, Any]]
    unjudged: dict[str, int]

    @property
    def names(self) -> list[str]:
        return [category["name"] for category in self.categories]


def box(file: object, label: str, value: Any) -> list[float]:
    if not isinstance(value, list) or len(value) != 4:
        raise BadInput(file, label, value, "[x, y, width, height]")
    x, y = number(file, f"{label}[0]", value[0]), number(file, f"{label}[1]", value[1])
    size = [number(file, f"{label}[{i}]", value[i], 0.0) for i in (2, 3)]
    if min(size) <= 0:
        raise BadInput(file, label, value, "a width and a height above 0")
    return [x, y, *size]


def read(truth_path: Path, results_path: Path) -> Pictures:
    images, categories, truth = read_truth(truth_path)
    results, unjudged = read_results(results_path, images, categories)
    return Pictures(images, categories, truth, results, unjudged)


def check_summary(path: Path, pictures: Pictures) -> None:
    """What detect printed: a picture without results was looked at, or the score is of another set."""
    body = document(path)
    for key, expected, allowed in (
        ("images", len(pictures.images), "the pictures of the truth"),
        ("unreadable", 0, "every picture readable"),
    ):
        count = whole(path, key, body.get(key))
        if count != expected:
            raise BadInput(path, key, count, f"{expected}: {allowed}")


def read_truth(path: Path) -> tuple[list[dict], list[dict], list[dict]]:
    whole_file = document(path)
    images, categories, annotations = (field(path, whole_file, key, list) for key in ("images", "categories", "annotations"))
    if not images:
        raise BadInput(path, "images", "[]", "at least one picture")
    for i, image in enumerate(images):
        field(path, image, "file_name", str, f"images[{i}]")
        whole(path, f"images[{i}].id", image.get("id"))
    for i, category in enumerate(categories):
        field(path, category, "name", str, f"categories[{i}]")
        whole(path, f"categories[{i}].id", category.get("id"))
    for label, records, key in (
        ("images", images, "id"),
        ("images", images, "file_name"),
        ("categories", categories, "id"),
        ("categories", categories, "name"),
    ):
        unique(path, f"{label}.{key}", [record[key] for record in records])
    image_ids, category_ids = {r["id"] for r in images}, {r["id"] for r in categories}
    truth = []
    for i, annotation in enumerate(annotations):
        where = f"annotations[{i}]"
        for key, known in (("image_id", image_ids), ("category_id", category_ids)):
            if field(path, annotation, key, int, where) not in known:
                raise BadInput(path, f"{where}.{key}", annotation[key], "an id that this file lists")
        bbox = box(path, f"{where}.bbox", annotation.get("bbox"))
        area = number(path, f"{where}.area", annotation.get("area", bbox[2] * bbox[3]), 0.0)
        crowd = whole(path, f"{where}.iscrowd", annotation.get("iscrowd", 0), 0, 1)
        identity = whole(path, f"{where}.id", annotation.get("id"))
        truth.append(
            {
                "id": identity,
                "image_id": annotation["image_id"],
                "category_id": annotation["category_id"],
                "bbox": bbox,
                "area": area,
                "iscrowd": crowd,
            }
        )
    unique(path, "annotations.id", [annotation["id"] for annotation in truth])
    if not truth:
        raise BadInput(path, "annotations", "[]", "at least one box")
    return images, [{"id": c["id"], "name": c["name"]} for c in categories], truth


def read_results(path: Path, images: list[dict], categories: list[dict]) -> tuple[list[dict], dict[str, int]]:
    rows = parsed(path, text(path))
    if not isinstance(rows, list):
        raise BadInput(path, "document", type(rows).__name__, "a JSON list of results")
    ids, by_name = {r["id"] for r in images}, {r["file_name"]: r["id"] for r in images}
    class_ids, class_of = {r["id"] for r in categories}, {r["name"]: r["id"] for r in categories}
    resolved: dict[str, int] = {}
    results: list[dict[str, Any]] = []
    unjudged: dict[str, int] = {}
    for i, row in enumerate(rows):
        where = f"[{i}]"
        bbox = box(path, f"{where}.bbox", field(path, row, "bbox", list, where))
        score = number(path, f"{where}.score", row.get("score"), 0.0, 1.0)
        if "file_name" in row:
            name = field(path, row, "file_name", str, where)
            if name not in resolved:
                resolved[name] = picture_of(path, where, name, by_name)
            image = resolved[name]
        else:
            image = field(path, row, "image_id", int, where)
            if image not in ids:
                raise BadInput(path, f"{where}.image_id", image, "a picture of the truth")
        if "category_name" in row:
            name = field(path, row, "category_name", str, where)
            category = class_of.get(name)
        else:
            category = field(path, row, "category_id", int, where)
            name, category = str(category), category if category in class_ids else None
        if category is None:
            unjudged[name] = unjudged.get(name, 0) + 1
        else:
            results.append({"image_id": image, "category_id": category, "bbox": bbox, "score": score})
    return results, dict(sorted(unjudged.items()))


def picture_of(path: Path, where: str, name: str, by_name: dict[str, int]) -> int:
    """The truth's picture: the same name, or the only one of which one path ends in the other."""
    if name in by_name:
        return by_name[name]
    ends = [known for known in by_name if f"/{name}".endswith(f"/{known}") or f"/{known}".endswith(f"/{name}")]
    if len(ends) != 1:
        raise BadInput(
            path, f"{where}.file_name", name, "a picture of the truth" if not ends else f"one picture of the truth; {len(ends)} end like it"
        )
    return by_name[ends[0]]


def read_counts(results: Path, summary: Path) -> tuple[int, dict[str, int]]:
    """Pictures looked at, and results of each class, where there is no truth to hold them against."""
    pictures = whole(summary, "images", document(summary).get("images"), 1)
    rows, found = parsed(results, text(results)), {}
    if not isinstance(rows, list):
        raise BadInput(results, "document", type(rows).__name__, "a JSON list of results")
    for i, row in enumerate(rows):
        name = field(results, row, "category_name", str, f"[{i}]")
        found[name] = found.get(name, 0) + 1
    return pictures, dict(sorted(found.items()))


def read_manifest(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text(path))
    except tomllib.TOMLDecodeError as error:
        raise BadInput(path, "TOML", str(error), "a model manifest") from error


def read_model(path: Path) -> str:
    """Id and digest, for people."""
    manifest = read_manifest(path)
    return f"{field(path, manifest, 'id', str)}, sha256 {field(path, manifest, 'sha256', str)[:16]}…"


def read_thresholds(path: Path) -> dict[str, float]:
    """score_min of each class of a model manifest."""
    classes = field(path, read_manifest(path), "class", list)
    return {
        field(path, row, "name", str, f"class[{i}]"): number(path, f"class[{i}].score_min", row.get("score_min"), 0.0, 1.0)
        for i, row in enumerate(classes)
    }
