"""FP16 and INT8 files of an exported detector, and what they lose. Nothing of it ships by itself: `measure` says whether it should.

INT8 is static and covers the convolutions alone, calibrated on training pictures; the decoded output stays in float.
"""
import pathlib

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from onnxruntime.transformers.float16 import convert_float_to_float16

from detect import letterbox


class Pictures(CalibrationDataReader):
    def __init__(self, pictures):
        self.left = iter(pictures)

    def get_next(self):
        picture = next(self.left, None)
        return None if picture is None else {"images": letterbox(picture)[0].transpose(2, 0, 1)[None].astype(np.float32)}


def write_fp16(source, path):
    """Weights and arithmetic in half precision; input and output stay float32. Returns the path."""
    onnx.save(convert_float_to_float16(onnx.load(str(source)), keep_io_types=True), str(path))
    return path


def write_int8(source, path, pictures):
    """Quantised to 8 bits by calibration on `pictures`. Returns the path."""
    source, path = pathlib.Path(source), pathlib.Path(path)
    prepared = path.with_suffix(".prepared.onnx")
    quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
    last = [node.name for node in onnx.load(str(prepared)).graph.node if node.op_type == "Conv" and node.name.endswith(("box_out/Conv", "object_out/Conv", "class_out/Conv"))]
    quantize_static(str(prepared), str(path), Pictures(pictures), quant_format=QuantFormat.QDQ, per_channel=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
                    op_types_to_quantize=["Conv"], nodes_to_exclude=last, calibrate_method=CalibrationMethod.MinMax)
    prepared.unlink()
    return path
