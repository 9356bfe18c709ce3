"""Made-up data with a seed, and the shared folder where there is one."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

settings.register_profile("house", database=None, derandomize=True, deadline=None)  # the same cases on every machine
settings.load_profile("house")
REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture
def data() -> Path:
    folder = Path(os.environ.get("GRIDWARDEN_SHARED") or REPOSITORY.parent / "shared") / "data"
    if not folder.is_dir():
        pytest.skip("GRIDWARDEN_SHARED names no folder with data/: the comparison on real data is left out")
    return folder


def put(path: Path, value: object) -> Path:
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return path


def pictures_with_boxes(seed: int, pictures: int = 12, classes: int = 3) -> tuple[dict, list[dict]]:
    """COCO truth, and results like a detector's: moved, missed, doubled, of the wrong class, made up; no two scores alike."""
    random = np.random.default_rng(seed)
    images = [{"id": i, "file_name": f"p/{i}.png", "width": 640, "height": 360} for i in range(1, pictures + 1)]
    categories = [{"id": k, "name": f"class{k}"} for k in range(1, classes + 1)]
    annotations: list[dict] = []
    results: list[dict] = []

    def result(image: dict, category: int, box: np.ndarray) -> None:
        results.append(
            {"file_name": image["file_name"], "category_name": f"class{category}", "bbox": [round(float(v), 2) for v in box], "score": 0.0}
        )

    for image in images:
        for _ in range(random.integers(0, 7)):
            size = 10 ** random.uniform(0.7, 2.3, 2)
            box, category = np.round([*random.uniform(0, 400, 2), *size], 2), int(random.integers(1, classes + 1))
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image["id"],
                    "category_id": category,
                    "bbox": box.tolist(),
                    "area": float(size.prod()),
                    "iscrowd": int(random.random() < 0.1),
                }
            )
            for _ in range(random.choice([0, 1, 1, 1, 2])):
                named = category if random.random() < 0.8 else int(random.integers(1, classes + 1))
                result(image, named, box + np.array([*random.normal(0, 0.1, 2) * size, *np.abs(random.normal(0, 0.1, 2)) * size]))
        for _ in range(random.integers(0, 3)):
            result(image, int(random.integers(1, classes + 1)), np.array([*random.uniform(0, 400, 2), *random.uniform(5, 150, 2)]))
    for row, score in zip(results, random.permutation(len(results))):
        row["score"] = (score + 1) / (len(results) + 1)
    return {"images": images, "categories": categories, "annotations": annotations}, results
