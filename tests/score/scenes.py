"""Other kinds of truth out of what a rendered clip or a MOT sequence knows: COCO boxes of its frames, pixels of known places.

A thing counts for detection by its visible box. What nobody could be asked to find is marked crowd, so that finding or missing
it costs nothing: under 12 px high, cut by the frame, or with less than a third of its full box showing.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np

from .fault import BadInput, document, field, number, unique, whole
from .mot_files import rows
from .site import projected

HEIGHT_PX_MIN = 12
SHOWN_MIN = 1 / 3


def frame_name(stem: str, frame: int) -> str:
    return f"{stem}_{frame:05d}.png"


def coco_of_clip(path: Path, every: int) -> dict[str, Any]:
    """Every so-many-th frame of a rendered clip: the truth has a record for each frame that the clip holds, in their order."""
    body = document(path)
    width, height = (whole(path, f"size_px[{i}]", value, 1) for i, value in enumerate(field(path, body, "size_px", list)))
    frames = field(path, body, "frames", list)
    names = sorted(
        {
            field(path, thing, "class", str, f"frames[{i}]")
            for i, frame in enumerate(frames)
            for thing in field(path, frame, "objects", list, f"frames[{i}]")
        }
    )
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for i, frame in enumerate(frames):
        before = frames[i - 1]["frame"] if i else -1
        whole(path, f"frames[{i}].frame", frame.get("frame"), before + 1)
        unique(path, f"frames[{i}].objects.id", [field(path, thing, "id", int, f"frames[{i}].objects") for thing in frame["objects"]])
        if i % every or frame.get("faults"):  # a covered or black frame is for health to find, not for the detector
            continue
        images.append({"id": i, "file_name": frame_name(path.stem, i), "width": width, "height": height})
        for thing in frame["objects"]:
            if thing.get("visible") is None:  # wholly hidden
                continue
            left, top, right, bottom = sides(path, i, thing, "visible")
            full = sides(path, i, thing, "full")
            area, whole_area = (right - left) * (bottom - top), (full[2] - full[0]) * (full[3] - full[1])
            if area > 0:
                hard = bottom - top < HEIGHT_PX_MIN or bool(thing.get("cut")) or area < SHOWN_MIN * whole_area
                annotations.append(
                    annotation(len(annotations) + 1, i, names.index(thing["class"]) + 1, [left, top, right - left, bottom - top], hard)
                )
    return coco(images, names, annotations)


def merged(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """One COCO truth of many; file names must differ already."""
    names = sorted({category["name"] for part in parts for category in part["categories"]})
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for part in parts:
        classes = {category["id"]: names.index(category["name"]) + 1 for category in part["categories"]}
        first = len(images)
        order = {image["id"]: first + i for i, image in enumerate(part["images"])}
        images += [{**image, "id": order[image["id"]]} for image in part["images"]]
        annotations += [
            annotation(len(annotations) + i, order[b["image_id"]], classes[b["category_id"]], b["bbox"], bool(b["iscrowd"]))
            for i, b in enumerate(part["annotations"], 1)
        ]
    return coco(images, names, annotations)


def sides(path: Path, frame: int, thing: dict[str, Any], key: str) -> list[float]:
    values = field(path, thing, key, list, f"frames[{frame}].objects")
    if len(values) != 4:
        raise BadInput(path, f"frames[{frame}].objects.{key}", values, "[x1, y1, x2, y2]")
    return [number(path, f"frames[{frame}].objects.{key}", value) for value in values]


def coco_of_mot(path: Path, frames: int, every: int, size: tuple[int, int], name: str) -> dict[str, Any]:
    """MOT frame 1 is decoded frame 0."""
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    truth = rows(path, truth=True)
    for i in range(0, frames, every):
        images.append({"id": i, "file_name": frame_name(name, i), "width": size[0], "height": size[1]})
        for box in truth.get(i + 1, ([], []))[1]:
            annotations.append(annotation(len(annotations) + 1, i, 1, box, False))
    return coco(images, ["person"], annotations)


def annotation(identity: int, image: int, category: int, bbox: list[float], crowd: bool) -> dict[str, Any]:
    return {"id": identity, "image_id": image, "category_id": category, "bbox": bbox, "area": bbox[2] * bbox[3], "iscrowd": int(crowd)}


def coco(images: list[dict], names: list[str], annotations: list[dict]) -> dict[str, Any]:
    return {"images": images, "categories": [{"id": i, "name": name} for i, name in enumerate(names, 1)], "annotations": annotations}


def places_of_clip(path: Path, plane: str = "pavement") -> list[tuple[float, float, float, float]]:
    """u, v, lon, lat of every place on the plane where a thing ever stands inside the plane's hull: exact, through the lens."""
    body = document(path)
    camera, ground = field(path, body, "camera", dict), field(path, field(path, body, "planes", dict), plane, dict)
    hull, things = np.array(ground["hull_px"], float), {}
    for frame in field(path, body, "frames", list):
        for thing in frame["objects"]:
            if math.isclose(thing["enu_metres"][2], ground["height_metres"]):
                things[tuple(thing["enu_metres"])] = thing["lonlat_deg"]
    pixels = projected(camera, np.array(list(things), float).reshape(-1, 3))
    return [(u, v, lon, lat) for (u, v), (lon, lat) in zip(pixels, things.values()) if math.isfinite(u) and in_hull(hull, u, v)]


def in_hull(hull: np.ndarray, u: float, v: float) -> bool:
    """Convex, either way round."""
    ahead = np.roll(hull, -1, axis=0) - hull
    turn = ahead[:, 0] * (v - hull[:, 1]) - ahead[:, 1] * (u - hull[:, 0])
    return bool((turn >= 0).all() or (turn <= 0).all())
