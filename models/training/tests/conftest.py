"""A tiny labelled set to spoil. These tests need numpy and Pillow alone; those of pixels and training skip where OpenCV or torch is absent."""
import json
import pathlib
import sys

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))


@pytest.fixture
def city(tmp_path):
    """A folder with train.json: six pictures 96x64 with a green bin each, two without anything; returns its path and the document."""
    rng, images, notes = np.random.default_rng(1), [], []
    for number in range(8):
        pixels = rng.integers(90, 150, (64, 96, 3), np.uint8)
        if number < 6:
            x, y = 8 + 9 * number, 12 + 3 * number
            pixels[y : y + 24, x : x + 16] = (20, 140, 40)
            notes.append({"id": number, "image_id": number, "category_id": 7, "bbox": [x, y, 16, 24]})
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
        images.append({"id": number, "file_name": f"{number}.png", "width": 96, "height": 64})
    document = {"images": images, "annotations": notes, "categories": [{"id": 7, "name": "bin"}]}
    (tmp_path / "train.json").write_text(json.dumps(document))
    return tmp_path, document
