# SPDX-License-Identifier: GPL-3.0-or-later
"""The set of the layout `junction`: a second road crosses the street south of the busy corner; zebras, stop lines, signals.

World as in street.py. The crossing road runs east between y = 1 and 8; the corner with the busy pavement begins at y = 8, its
houses at y = 10.5. Nothing stands south of the crossing: the camera is there and looks away.
"""
import math

import bpy
from mathutils import Matrix

import materials
import street
from furniture import PAVEMENT_METRES
from materials import bricks, plain
from shapes import Shape

ROAD_Y = (1.0, 8.0)
CORNER_Y = 10.5
KERB_METRES = .3


def ground():
    """Both roads, their kerbs and pavements, and what is painted on them."""
    low, high = ROAD_Y
    road, pavement = Shape(), Shape()
    road.box((3.5, 60, -.1), (7, 180, .2), materials.asphalt())
    for x in (-30, 37):
        road.box((x, (low + high) / 2, -.1), (60, high - low, .2), materials.asphalt())
    road.box((3.5, 60, -.3), (400, 400, .2), plain("soil", (.2, .19, .17), .95))
    road.place("road")
    paving = bricks("paving", (.31, .29, .27), (.13, .12, .11), 2.0)

    def slab(x1, x2, y1, y2):
        pavement.box(((x1 + x2) / 2, (y1 + y2) / 2, PAVEMENT_METRES / 2 - .1), (x2 - x1, y2 - y1, PAVEMENT_METRES + .2), paving)
    for x1, x2, far in ((-5, -KERB_METRES, -60), (7 + KERB_METRES, 12, 67)):
        slab(x1, x2, high + KERB_METRES, 150)
        slab(x1, x2, -30, low - KERB_METRES)
        for y1, y2 in ((high + KERB_METRES, CORNER_Y), (-1.5, low - KERB_METRES)):
            slab(*sorted((far, x1 if far < 0 else x2)), y1, y2)
    pavement.place("pavement")
    _kerbs(low, high)
    _paint(low, high)


def _kerbs(low, high):
    kerb, stone = Shape(), plain("kerb", (.42, .41, .39), .8, mottle=.2, scale=6, bump=.2, world=True)
    z, tall = PAVEMENT_METRES / 2 - .05, PAVEMENT_METRES + .1
    for x in (-KERB_METRES / 2, 7 + KERB_METRES / 2):
        for y in (*range(-20, int(low)), *range(int(high), 120)):
            kerb.box((x, y + .5, z), (KERB_METRES, .985, tall), stone)
    for y in (low - KERB_METRES / 2, high + KERB_METRES / 2):
        for i in range(50):
            for x in (-KERB_METRES - i - .5, 7 + KERB_METRES + i + .5):
                kerb.box((x, y, z), (.985, KERB_METRES, tall), stone)
    kerb.place("kerb", bevel=.02)


def _paint(low, high):
    paint, white = Shape(), plain("line", (.62, .62, .58), .7, mottle=.35, scale=7, world=True)
    middle = (low + high) / 2
    for i in range(8):
        paint.box((-2.0, low + .6 + i * .82, .004), (3.2, .42, .006), white)  # zebra over the western arm
        paint.box((.9 + i * .82, 10.2, .004), (.42, 3.2, .006), white)  # and over the northern one
    paint.box((1.8, 12.8, .004), (3.2, .3, .006), white)
    paint.box((-4.6, (low + middle) / 2, .004), (.3, 3.2, .006), white)
    for i in range(18):
        paint.box((3.5, 16 + i * 6, .004), (.13, 3, .006), white)
        for x in (-8 - i * 6, 15 + i * 6):
            paint.box((x, middle, .004), (3, .13, .006), white)
    paint.tube((1.2, 6.9, -.02), (1.2, 6.9, .006), .36, plain("manhole", (.09, .085, .08), .6, .5, mottle=.3, scale=30, bump=.8), sides=24)
    paint.place("markings")


def signals():
    """Poles with three lamps, red towards the crossing road."""
    shape, grey = Shape(), plain("signal", (.08, .08, .085), .5, .3)
    for x, y in ((-4.3, 8.7), (7.6, 8.7)):
        shape.tube((x, y, PAVEMENT_METRES), (x, y, 3.4), .07, grey)
        shape.box((x, y - .1, 3.2), (.34, .24, 1.0), grey)
        for z, colour in ((3.52, (.7, .03, .02)), (3.2, (.07, .05, .01)), (2.88, (.01, .06, .03))):
            shape.tube((x, y - .21, z), (x, y - .25, z), .11, plain("signal_lamp", colour, .3, emit=1.5 if z > 3.5 else 0), sides=16)
    shape.place("signals")


def houses(rng, **write):
    """Shop houses north of the crossing, and a row along it west of the corner. Returns rows for sets._lamps."""
    rows = [(-5, -1, street.houses(-5, -1, CORNER_Y, 85, rng, **write)), (12, 1, street.houses(12, 1, CORNER_Y, 85, rng, **write))]
    before = set(bpy.data.objects)
    street.houses(0, 1, 0, 30, rng, **write)
    bpy.context.view_layer.update()
    # A quarter turn: the row's fronts look south, and it runs west from the corner, a finger before the corner house's wall.
    turn = Matrix.Translation((-5.03, CORNER_Y - .03, 0)) @ Matrix.Rotation(math.pi / 2, 4, "Z")
    for thing in set(bpy.data.objects) - before:
        thing.matrix_world = turn @ thing.matrix_world
    return rows
