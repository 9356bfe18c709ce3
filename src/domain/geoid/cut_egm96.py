"""Cuts `egm96_asia.bin` out of the EGM96 15' grid of PROJ's data package (see README.md).

Usage: python3 cut_egm96.py egm96_15.gtx egm96_asia.bin
"""

import struct
import sys

# One node more than the stated area on each side: the cubic interpolation reaches that far.
SOUTH, WEST, STEP = -0.25, 69.75, 0.25
ROWS, COLUMNS = 227, 283


def main(source: str, target: str) -> None:
    with open(source, "rb") as file:
        data = file.read()
    south, west, lat_step, lon_step, rows, columns = struct.unpack(">4d2i", data[:40])
    assert (lat_step, lon_step, rows, columns) == (STEP, STEP, 721, 1440)
    nodes = struct.unpack(f">{rows * columns}f", data[40:])
    first_row = round((SOUTH - south) / STEP)
    first_column = round((WEST - west) / STEP)
    with open(target, "wb") as file:
        for row in range(first_row, first_row + ROWS):
            start = row * columns + first_column
            centimetres = [round(metres * 100) for metres in nodes[start : start + COLUMNS]]
            file.write(struct.pack(f"<{COLUMNS}h", *centimetres))


main(sys.argv[1], sys.argv[2])
