"""Canvases, cut-outs and the loop itself, where OpenCV and torch are there (`models/training/train.sh` makes such an environment)."""
import random

import numpy as np
import pytest

cv2 = pytest.importorskip("cv2")
torch = pytest.importorskip("torch")

from augment import Canvases, tilt  # noqa: E402
from balance import PILED, repeats  # noqa: E402
from classes import BINS, HEIGHT_PX, IGNORED, NAMES, WIDTH_PX, Roles  # noqa: E402
from network import YoloxNano  # noqa: E402
from paste import CutOut, paste, slivers  # noqa: E402
from pictures import Picture, own_sources  # noqa: E402
from refused import Refused  # noqa: E402
from weather import CHANCES, recolour  # noqa: E402

BIN, STALL = NAMES.index("bin"), NAMES.index("stall")


@pytest.fixture
def seeded():
    random.seed(4), np.random.seed(4)


def test_a_city_alone_is_enough_and_pictures_without_boxes_are_negatives(city):
    sources = own_sources(city[0])
    assert {name: len(items) for name, items in sources.sets.items()} == {"seen": 6, "negatives": 2}
    assert all(p.absent == (BIN,) for p in sources.sets["negatives"])


def test_a_folder_without_a_set_is_refused(tmp_path):
    with pytest.raises(Refused, match="train.json"):
        own_sources(tmp_path)


def test_canvases_keep_boxes_inside_and_repeat_with_the_seed(city):
    sources = own_sources(city[0])
    first = iter(Canvases(sources, 7))
    for _ in range(12):
        seen, clean, labels, ignored, absent = next(first)
        assert seen.shape == clean.shape == (HEIGHT_PX, WIDTH_PX, 3) and seen.dtype == np.uint8
        assert (labels[:, 1:] >= 0).all() and (labels[:, [1, 3]] <= WIDTH_PX).all() and (labels[:, [2, 4]] <= HEIGHT_PX).all()
        assert absent.shape == (len(absent), len(NAMES) + 4) and (absent[:, BIN] == 1).all() and (absent[:, STALL] == 0).all()
        assert (labels[:, 3:] > labels[:, 1:3]).all() and set(labels[:, 0]) <= {BIN}
    first, again = (next(iter(Canvases(sources, 7))) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again))


def test_a_tilted_box_still_covers_its_thing(seeded):
    for _ in range(20):
        canvas = np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
        canvas[150:230, 300:360] = 255
        turned, (boxes,) = tilt(canvas, [np.array([[BIN, 300, 150, 360, 230]], np.float32)])
        ys, xs = np.nonzero(turned[..., 0] > 200)
        assert abs(np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]) - boxes[0, 1:]).max() < 8


def test_what_a_pasted_thing_covers_is_no_longer_asked_for(seeded):
    solid = np.dstack([np.full((200, 200, 3), 90, np.uint8), np.full((200, 200), 255, np.uint8)])
    cutouts = {"stall": [CutOut(solid, np.array([[STALL, 0, 0, 200, 200]], np.float32), "stall")]}
    for _ in range(30):
        canvas = np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
        before = np.array([[BIN, x, y, x + 30, y + 40] for x in range(0, 600, 60) for y in range(0, 340, 60)], np.float32)
        labels, ignored = paste(canvas, cutouts, before.copy(), np.zeros((0, 4), np.float32))
        for box in labels[labels[:, 0] == BIN][:, 1:].astype(int):
            assert (canvas[box[1] : box[3], box[0] : box[2]] > 0).mean() <= 0.55
        assert (labels[:, 0] == STALL).any() and len(labels[labels[:, 0] == BIN]) + len(ignored) >= len(before)


def test_weather_keeps_the_shape(seeded):
    canvas = np.random.randint(0, 255, (HEIGHT_PX, WIDTH_PX, 3), np.uint8)
    for change, _ in CHANCES:
        for _ in range(4):
            spoilt = change(canvas.copy())
            assert spoilt.shape == canvas.shape and spoilt.dtype == np.uint8


def test_what_a_person_denied_is_not_taught(city):
    from loss import lesson
    from network import grid
    roles, (cells, strides) = Roles(NAMES), grid(WIDTH_PX, HEIGHT_PX)
    taught = torch.full((1, len(cells), 5 + len(NAMES)), -9.0)
    taught[0, :, 4], taught[0, :, 5 + STALL], taught[0, :, 5 + BIN] = 4, 4, 0
    place = torch.zeros(1, len(NAMES) + 4)
    place[0, STALL], place[0, -4:] = 1, torch.tensor([0.0, 0, 320, 384])
    objectness, classes, _ = lesson(taught, roles, cells, strides, torch.tensor([[[IGNORED, 0.0, 0, 0, 0]]]), place[None])
    left = ((cells + 0.5) * strides)[:, 0] < 320
    assert classes[0, left, STALL].max() == 0 and classes[0, ~left, STALL].min() > 0.9
    assert classes[0, left, BIN].min() > 0.4 and objectness[0, left].min() > 0.9


def test_a_label_claims_its_own_place_and_padding_claims_none():
    from loss import assign
    from network import decode, grid
    cells, strides = grid(WIDTH_PX, HEIGHT_PX)
    raw = torch.zeros(2, len(cells), 5 + len(NAMES))
    labels = torch.tensor([[[BIN, 100.0, 100, 140, 150], [STALL, 300, 200, 420, 330]], [[IGNORED, 0, 0, 0, 0]] * 2])
    centres = (cells + 0.5) * strides
    claimed, which, fit = assign(decode(raw, cells, strides), raw, labels, centres, strides)
    assert not claimed[1].any() and set(which[0, claimed[0]].tolist()) == {0, 1}
    for number, (_, left, top, right, bottom) in enumerate(labels[0].tolist()):
        x, y = centres[claimed[0] & (which[0] == number)].T
        reach = 2.5 * 32
        assert 1 <= len(x) <= 10 and (x > left - reach).all() and (x < right + reach).all() and (y > top - reach).all() and (y < bottom + reach).all()
    assert (fit[0, claimed[0]] > 0).any()


def test_the_first_layers_are_released_late_and_slowly():
    from fit import EARLY_GAIN, RELEASE, early_gain
    assert early_gain(0) == early_gain(RELEASE) == 0
    assert 0 < early_gain(RELEASE + 0.01) < early_gain(RELEASE + 0.05) <= early_gain(1) == EARLY_GAIN


@pytest.fixture
def start(tmp_path):
    """A network of ours with random weights, exported with its manifest."""
    from export import export
    torch.manual_seed(1)
    torch.save(YoloxNano(len(NAMES)).state_dict(), tmp_path / "student.pt")
    export(tmp_path, tmp_path / "start.toml")
    return tmp_path / "start.onnx"


def test_a_run_stops_resumes_and_exports(city, start, tmp_path):
    from export import export
    from fit import fit
    from measure import ours
    out = tmp_path / "out"
    fit(own_sources(city[0]), start, start, out, 16, 1e-3, 1)
    fit(own_sources(city[0]), start, start, out, 32, 1e-3, 1)
    assert torch.load(out / "checkpoint.pt", weights_only=True)["seen"] == 32
    export(out, out / "city.toml")
    detector, limits, _ = ours(out / "city.toml")
    assert detector(np.zeros((64, 96, 3), np.uint8)).shape[1] == 6 and len(limits) == len(NAMES)
    with pytest.raises(Refused, match="recipe"):
        fit(own_sources(city[0]), start, start, out, 48, 2e-3, 1)


def test_a_network_with_another_head_or_manifest_is_refused(start):
    from network import read_onnx
    manifest = start.with_suffix(".toml")
    whole = manifest.read_text()
    manifest.write_text(whole.rsplit("[[class]]", 1)[0])
    with pytest.raises(Refused, match="14 classes"):
        read_onnx(start)
    manifest.write_text(whole.replace('"stall"', '"bin"'))
    with pytest.raises(Refused, match="once"):
        read_onnx(start)
    manifest.unlink()
    with pytest.raises(Refused, match="manifest"):
        read_onnx(start)
    start.write_bytes(b"no network")
    with pytest.raises(Refused, match="ONNX"):
        read_onnx(start)
    export_other = torch.nn.Conv2d(3, 5, 3)
    torch.onnx.export(export_other, (torch.zeros(1, 3, 8, 8),), start, dynamo=False)
    with pytest.raises(Refused, match="head"):
        read_onnx(start)


def test_a_strip_of_a_bin_on_a_side_may_be_anything(seeded):
    rows = np.array([[BIN, 0, 100, 16, 150], [BIN, 0, 100, 30, 150], [BIN, 40, 100, 56, 150], [STALL, 0, 100, 16, 150], [BIN, WIDTH_PX - 16, 100, WIDTH_PX, 150]], np.float32)
    assert slivers(rows, 0, WIDTH_PX).tolist() == [True, False, False, False, True]


def test_a_picture_with_a_pile_comes_more_often():
    pile, none = (Picture(np.zeros((4, 4, 3), np.uint8), np.array(rows, np.float32).reshape(-1, 5)) for rows in ([[BINS[-1], 0, 0, 4, 4]], [[BIN, 0, 0, 4, 4]]))
    assert repeats(np.zeros((2, 3), bool), [pile, none]).tolist() == [PILED, 1.0]


def test_without_colour_or_in_other_colours_the_shape_stays(seeded):
    canvas, grey = np.random.randint(0, 255, (HEIGHT_PX, WIDTH_PX, 3), np.uint8), 0
    for _ in range(60):
        seen = recolour(canvas)
        grey += (seen.max(-1) == seen.min(-1)).all()
        assert seen.shape == canvas.shape
    assert 0 < grey < 15
