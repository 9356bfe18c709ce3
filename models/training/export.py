"""Writes the ONNX file (decoded output, opset 17, any batch) and its manifest.

Output [n,5040,5+classes]: centre x, centre y, width, height in input pixels, objectness, class probabilities. Suppression of
duplicates is left to the caller. A `score_min` that stands in the manifest stays: the step `choose` sets it.
"""
import hashlib
import pathlib
import tomllib

import torch
from torch import nn

from classes import GREY, HEIGHT_PX, NAMES, WIDTH_PX
from network import YoloxNano, grid, read_onnx

SCORE_MIN = 0.35


class Decoded(nn.Module):
    def __init__(self, net, size_px=(WIDTH_PX, HEIGHT_PX)):
        super().__init__()
        self.net = net.eval()
        cells, strides = grid(*size_px)
        self.register_buffer("cells", cells), self.register_buffer("strides", strides)

    def forward(self, images):
        raw = self.net(images)
        centre, size = (raw[..., :2] + self.cells) * self.strides, raw[..., 2:4].exp() * self.strides
        return torch.cat([centre, size, raw[..., 4:].sigmoid()], -1)


def write_onnx(module, path, size_px=(WIDTH_PX, HEIGHT_PX)):
    example = torch.full((2, 3, size_px[1], size_px[0]), float(GREY))
    torch.onnx.export(module, (example,), path, opset_version=17, input_names=["images"], output_names=["output"],
                      dynamic_axes={"images": {0: "n"}, "output": {0: "n"}}, dynamo=False)


def trained(out):
    net = YoloxNano(len(NAMES))
    net.load_state_dict(torch.load(pathlib.Path(out) / "student.pt", map_location="cpu", weights_only=True))
    return net


def yardstick(weights, path, size_px):
    """The untouched start network in our format at an input size; returns its class names."""
    net, names = read_onnx(weights)
    write_onnx(Decoded(net, size_px), path, size_px)
    return names


def export(out, manifest):
    """Writes `manifest` and the ONNX file of the same name beside it."""
    manifest.parent.mkdir(parents=True, exist_ok=True)
    onnx_path = manifest.with_suffix(".onnx")
    write_onnx(Decoded(trained(out)), onnx_path)
    chosen = {c["name"]: c["score_min"] for c in tomllib.loads(manifest.read_text())["class"]} if manifest.exists() else {}
    manifest.write_text(f"""# Written by `python models/training export`; score_min by `choose`.
id = "{manifest.stem}"
file = "{onnx_path.name}"
sha256 = "{hashlib.sha256(onnx_path.read_bytes()).hexdigest()}"
licence = "Apache-2.0"

[input]
width_px = {WIDTH_PX}
height_px = {HEIGHT_PX}
layout = "nchw"
channel_order = "bgr"
scale = 1.0              # pixel * scale, then (value - mean) / std
mean = [0.0, 0.0, 0.0]
std = [1.0, 1.0, 1.0]
letterbox_value = {GREY}

[head]
kind = "yolox"
decoded = true
""" + "".join(f'\n[[class]]\nname = "{name}"\nscore_min = {chosen.get(name, SCORE_MIN)}\n' for name in NAMES))
    print(f"wrote {onnx_path} ({onnx_path.stat().st_size / 1e6:.2f} MB) and {manifest}")
