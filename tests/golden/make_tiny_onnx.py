"""Makes the tiny detectors of this folder: networks whose answer is known from the picture alone.

Both see 64x64 pictures (batch "n") and give 84 candidates (strides 8, 16, 32). Four of them speak, all
others are silent boxes of 8x8 px with score 0. How loud they are comes from the pixels, so that a test
which sees the right scores knows that layout, channel order, scale and batch are right too:

  A  candidate  0  class 0  mean of all pixels            B  candidate 1  class 0  0.9 x A, overlaps A (NMS drops it)
  C  candidate 70  class 1  mean blue of the left half    D  candidate 83  class 0  0.8 x mean red of the top half

Run: python tests/golden/make_tiny_onnx.py   (needs onnx and numpy; rewrites the files beside it)
"""
import hashlib, json, pathlib
import numpy as np, onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

HERE, SIDE, NAMES = pathlib.Path(__file__).parent, 64, ["person", "bin"]
SPEAKERS = [(0, (16, 16, 16, 16), (1, 0)), (1, (17, 16, 16, 16), (1, 0)), (70, (48, 20, 24, 32), (0, 1)), (83, (30, 46, 40, 20), (0.8, 0.1))]
PICTURES = {  # blue, green, red of the four quarters: top left, top right, bottom left, bottom right
    "black": [[0, 0, 0]] * 4, "grey": [[128, 128, 128]] * 4,
    "quarters": [[250, 40, 200], [10, 90, 240], [210, 30, 20], [0, 160, 60]]}
KINDS = {"tiny_yolox": dict(kind="yolox", order="bgr", scale=1.0), "tiny_yolov8": dict(kind="yolov8", order="rgb", scale=1 / 255)}

def network(kind, order, scale):
    boxes = np.array([[(i % s + .5) * t, (i // s + .5) * t, 8, 8] for t in (8, 16, 32) for s in [SIDE // t] for i in range(s * s)])
    classes, route = np.zeros((84, 2)), np.zeros((3, 84))          # route: (all, blue left, red top) -> candidates
    for row, (i, box, cls), loud in zip((0, 0, 1, 2), SPEAKERS, (1, .9, 1, 1)):
        boxes[i], classes[i], route[row, i] = box, cls, loud / (255 * scale)
    blue, red = (0, 2) if order == "bgr" else (2, 0)
    ints = {"b0": [blue, 0], "b1": [blue + 1, SIDE // 2], "r0": [red, 0], "r1": [red + 1, SIDE // 2], "bax": [1, 3], "rax": [1, 2], "last": [2]}
    consts = {k: np.array(v, np.int64) for k, v in ints.items()} | {k: np.array(v, np.float32) for k, v in dict(route=route, boxes=boxes[None], classes=classes[None], zero=0).items()}
    n, mean = helper.make_node, lambda i, o: helper.make_node("ReduceMean", [i], [o], axes=[1, 2, 3], keepdims=0)
    nodes = [mean("images", "all"), n("Slice", ["images", "b0", "b1", "bax"], ["bl"]), mean("bl", "blue"), n("Slice", ["images", "r0", "r1", "rax"], ["rt"]), mean("rt", "red")]
    nodes += [n("Unsqueeze", [v, "one"], [v + "1"]) for v in ("all", "blue", "red")] + [n("Concat", ["all1", "blue1", "red1"], ["loud"], axis=1), n("MatMul", ["loud", "route"], ["flat"]), n("Unsqueeze", ["flat", "last"], ["obj"]), n("Mul", ["obj", "zero"], ["silence"]), n("Add", ["silence", "boxes"], ["box"])]
    consts["one"] = np.array([1], np.int64)
    if kind == "yolox":
        nodes += [n("Add", ["silence", "classes"], ["cls"]), n("Concat", ["box", "obj", "cls"], ["output"], axis=2)]
    else:
        nodes += [n("Mul", ["obj", "classes"], ["cls"]), n("Concat", ["box", "cls"], ["rows"], axis=2), n("Transpose", ["rows"], ["output"], perm=[0, 2, 1])]
    shape = ["n", 84, 7] if kind == "yolox" else ["n", 6, 84]
    graph = helper.make_graph(nodes, kind, [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 3, SIDE, SIDE])], [helper.make_tensor_value_info("output", TensorProto.FLOAT, shape)], [numpy_helper.from_array(v, k) for k, v in consts.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="gridwarden")
    onnx.checker.check_model(model)
    return model

def expected(quarters):
    """Detections above 0.1 after NMS, best first, in input pixels, from the picture's colours alone."""
    q = np.array(quarters, float) / 255
    scores = [q.mean(), q[[0, 2], 0].mean(), 0.8 * q[:2, 2].mean()]
    found = [dict(class_name=NAMES[c], score=round(s, 6), box_xyxy_px=[x - w / 2, y - h / 2, x + w / 2, y + h / 2]) for s, (_, (x, y, w, h), _), c in zip(scores, [SPEAKERS[0], *SPEAKERS[2:]], (0, 1, 0)) if s >= .1]
    return sorted(found, key=lambda d: -d["score"])

def pixels(quarters, order, scale):
    picture = np.array(quarters, np.float32).reshape(2, 2, 3).repeat(32, 0).repeat(32, 1)
    return (picture if order == "bgr" else picture[..., ::-1]).transpose(2, 0, 1) * np.float32(scale)

for name, how in KINDS.items():
    model, kind = network(**how), how["kind"]
    got = ReferenceEvaluator(model).run(None, {"images": np.stack([pixels(q, how["order"], how["scale"]) for q in PICTURES.values()])})[0]
    rows = got if kind == "yolox" else got.transpose(0, 2, 1)
    for row, quarters in zip(rows, PICTURES.values()):               # the closed form and the network must agree
        score = (row[:, 4:5] * row[:, 5:] if kind == "yolox" else row[:, 4:]).max(1)[[0, 70, 83]]
        assert np.allclose(sorted(s for s in score if s >= .1), sorted(d["score"] for d in expected(quarters)), atol=1e-4), (name, score)
    data = model.SerializeToString(deterministic=True)
    (HERE / f"{name}.onnx").write_bytes(data)
    (HERE / f"{name}.toml").write_text(f"""# Made by make_tiny_onnx.py: a detector with known answers, for tests.
id = "{name.replace('_', '-')}"
file = "{name}.onnx"
sha256 = "{hashlib.sha256(data).hexdigest()}"
licence = "Apache-2.0"
[input]
width_px = {SIDE}
height_px = {SIDE}
layout = "nchw"
channel_order = "{how['order']}"
scale = {how['scale']!r}
mean = [0.0, 0.0, 0.0]
std = [1.0, 1.0, 1.0]
letterbox_value = 114
[head]
kind = "{kind}"
decoded = true
""" + "".join(f'[[class]]\nname = "{c}"\nscore_min = 0.1\n' for c in NAMES))
    (HERE / f"{name}.expected.json").write_text(json.dumps(dict(
        note="64x64 pictures of four 32x32 quarters (top left, top right, bottom left, bottom right), blue green red; detections after NMS at IoU 0.5",
        pictures=[dict(name=k, quarters_bgr=q, detections=expected(q)) for k, q in PICTURES.items()])).replace('{"name"', '\n {"name"').replace('{"class_name"', '\n  {"class_name"') + "\n")
    print(name, len(data), "bytes")
