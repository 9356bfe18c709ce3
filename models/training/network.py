"""YOLOX-nano without BatchNorm, and the copy of its weights from the published ONNX file (BatchNorm folded).

In: float pictures [B,3,H,W], BGR 0-255, H and W multiples of 32. Out: raw [B,A,5+classes]: box offsets (grid units, log size),
objectness and class logits; A runs over strides 8, 16, 32, row by row. `decode` turns offsets into pixels.
"""
import pathlib
import tomllib

import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper
from torch import nn

from classes import COCO, NAMES, STRIDES
from refused import Refused


class Conv(nn.Module):
    def __init__(self, inputs, outputs, kernel=1, stride=1, groups=1):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups)

    def forward(self, x):
        return F.silu(self.conv(x), inplace=True)


def depthwise(inputs, outputs, stride=1):
    return nn.Sequential(Conv(inputs, inputs, 3, stride, inputs), Conv(inputs, outputs))


class Bottleneck(nn.Module):
    def __init__(self, width, add):
        super().__init__()
        self.narrow, self.wide, self.add = Conv(width, width), depthwise(width, width), add

    def forward(self, x):
        y = self.wide(self.narrow(x))
        return x + y if self.add else y


class CrossStage(nn.Module):
    def __init__(self, inputs, outputs, depth=1, add=True):
        super().__init__()
        half = outputs // 2
        self.left, self.right = Conv(inputs, half), Conv(inputs, half)
        self.blocks = nn.Sequential(*[Bottleneck(half, add) for _ in range(depth)])
        self.join = Conv(outputs, outputs)

    def forward(self, x):
        left, right = self.left(x), self.right(x)
        return self.join(torch.cat([self.blocks(left), right], 1))


class Pyramid(nn.Module):
    """Spatial pyramid pooling: maxima over 5, 9 and 13 cells (stacked 5x5 pools give the same)."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.narrow, self.join = Conv(inputs, inputs // 2), Conv(inputs * 2, outputs)

    def forward(self, x):
        levels = [self.narrow(x)]
        for _ in range(3):
            levels.append(F.max_pool2d(levels[-1], 5, 1, 2))
        return self.join(torch.cat(levels, 1))


class Neck(nn.Module):
    def __init__(self):
        super().__init__()
        self.lateral5, self.down4 = Conv(256, 128), CrossStage(256, 128, add=False)
        self.lateral4, self.down3 = Conv(128, 64), CrossStage(128, 64, add=False)
        self.stride3, self.up4 = depthwise(64, 64, 2), CrossStage(128, 128, add=False)
        self.stride4, self.up5 = depthwise(128, 128, 2), CrossStage(256, 256, add=False)

    def forward(self, c3, c4, c5):
        double = lambda x: F.interpolate(x, scale_factor=2.0, mode="nearest")
        f5 = self.lateral5(c5)
        f4 = self.lateral4(self.down4(torch.cat([double(f5), c4], 1)))
        p3 = self.down3(torch.cat([double(f4), c3], 1))
        p4 = self.up4(torch.cat([self.stride3(p3), f4], 1))
        return p3, p4, self.up5(torch.cat([self.stride4(p4), f5], 1))


class Branch(nn.Module):
    """The head of one stride."""

    def __init__(self, inputs, classes, width=64):
        super().__init__()
        self.stem = Conv(inputs, width)
        self.classify, self.class_out = nn.Sequential(depthwise(width, width), depthwise(width, width)), nn.Conv2d(width, classes, 1)
        self.regress, self.box_out = nn.Sequential(depthwise(width, width), depthwise(width, width)), nn.Conv2d(width, 4, 1)
        self.object_out = nn.Conv2d(width, 1, 1)

    def forward(self, x):
        x = self.stem(x)
        classes, regress = self.class_out(self.classify(x)), self.regress(x)
        return torch.cat([self.box_out(regress), self.object_out(regress), classes], 1).flatten(2)


class YoloxNano(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.stem, self.stage2 = Conv(12, 16, 3), nn.Sequential(depthwise(16, 32, 2), CrossStage(32, 32))
        self.stage3 = nn.Sequential(depthwise(32, 64, 2), CrossStage(64, 64, 3))
        self.stage4 = nn.Sequential(depthwise(64, 128, 2), CrossStage(128, 128, 3))
        self.stage5 = nn.Sequential(depthwise(128, 256, 2), Pyramid(256, 256), CrossStage(256, 256, add=False))
        self.neck = Neck()
        self.branches = nn.ModuleList([Branch(width, classes) for width in (64, 128, 256)])

    def early(self, x):
        """Stem and first stage: the dear high-resolution part, frozen for most of the training."""
        x = torch.cat([x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2]], 1)
        return self.stage2(self.stem(x))

    def late(self, x):
        c3 = self.stage3(x)
        c4 = self.stage4(c3)
        levels = self.neck(c3, c4, self.stage5(c4))
        return torch.cat([branch(level) for branch, level in zip(self.branches, levels)], 2).transpose(1, 2)

    def forward(self, x):
        return self.late(self.early(x))


def grid(width_px, height_px):
    """Cell corner (in cells) and stride of every candidate: [A,2], [A,1]."""
    cells, strides = [], []
    for stride in STRIDES:
        rows, columns = height_px // stride, width_px // stride
        y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
        cells.append(torch.stack([x, y], -1).reshape(-1, 2))
        strides.append(torch.full((rows * columns, 1), stride))
    return torch.cat(cells).float(), torch.cat(strides).float()


def decode(raw, cells, strides):
    """Boxes (left, top, right, bottom) in input pixels."""
    centre, size = (raw[..., :2] + cells) * strides, torch.exp(raw[..., 2:4].clamp(max=8)) * strides
    return torch.cat([centre - size / 2, centre + size / 2], -1)


def read_onnx(path):
    """(network, class names) from an ONNX file of a YOLOX-nano with folded BatchNorm: the published one with COCO's 80 classes, or
    one of ours with the manifest beside it. The file lists its convolutions in the order they run."""
    path = pathlib.Path(path)
    try:
        graph = onnx.load(str(path)).graph
    except Exception as error:  # onnx raises protobuf's own kinds
        raise Refused(path, "file", str(error) or type(error).__name__, "an ONNX file") from error
    tensors = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    published = [[tensors.get(name) for name in node.input[1:3]] for node in graph.node if node.op_type == "Conv"]
    if any(tensor is None for pair in published for tensor in pair):
        raise Refused(path, "convolutions", "weights that are not stored as tensors", "a network in FP32 that is not quantised")
    names = list(COCO) if (count := class_count(path, published)) == len(COCO) else manifest_names(path, count)
    net, order = YoloxNano(count).eval(), []
    hooks = [m.register_forward_hook(lambda m, *_: order.append(m)) for m in net.modules() if isinstance(m, nn.Conv2d)]
    with torch.no_grad():
        net(torch.zeros(1, 3, 64, 64))
    for hook in hooks:
        hook.remove()
    if len(published) != len(order):
        raise Refused(path, "convolutions", len(published), f"{len(order)}, as YOLOX-nano has")
    for index, (module, (weight, bias)) in enumerate(zip(order, published)):
        if weight.shape != tuple(module.weight.shape):
            raise Refused(path, f"convolution {index}", weight.shape, f"{tuple(module.weight.shape)}, as in YOLOX-nano")
        module.weight.data, module.bias.data = torch.tensor(weight), torch.tensor(bias)
    return net, names


def class_count(path, published):
    """Of the prediction layers (4 box, 1 object, n classes, three times) the one that is neither 4 nor 1 wide."""
    last = {len(weight) for weight, _ in published[-12:] if weight.shape[1:] == (64, 1, 1) and len(weight) not in (1, 4, 64)}
    if len(last) != 1:
        raise Refused(path, "head", f"class outputs {sorted(last)}", "a YOLOX head with one width of class outputs")
    return last.pop()


def manifest_names(path, count):
    manifest = path.with_suffix(".toml")
    if not manifest.exists():
        raise Refused(path, "classes", count, f"{len(COCO)} (COCO's), or a manifest {manifest.name} beside the file that names them")
    names = [c["name"] for c in tomllib.loads(manifest.read_text())["class"]]
    if len(names) != count:
        raise Refused(manifest, "class", f"{len(names)} classes", f"{count}, as many as {path.name} puts out")
    if len(set(names)) != len(names):
        raise Refused(manifest, "class.name", " ".join(names), "each class name once")
    return names


def student(start, names):
    """Our network: everything copied, classes that `start` knows by name keep their rows, others start rare (bias -3)."""
    net = YoloxNano(len(NAMES))
    ours, theirs = net.state_dict(), start.state_dict()
    for name, tensor in ours.items():
        if "class_out" not in name:
            tensor.copy_(theirs[name])
            continue
        tensor.copy_(torch.full_like(tensor, -3.0) if name.endswith("bias") else torch.randn_like(tensor) * 0.01)
        for row, label in enumerate(NAMES):
            if label in names:
                tensor[row] = theirs[name][names.index(label)]
    net.load_state_dict(ours)
    return net
