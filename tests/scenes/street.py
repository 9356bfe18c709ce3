# SPDX-License-Identifier: GPL-3.0-or-later
"""The street itself: road, pavements, houses, trees, lamps, sky, and how it is rendered.

World: x east, y north, z up, metres; the road runs north between x = 0 and 7 at z = 0, pavements lie either side at z = 0.15.
"""
import math
import random

import bpy
from mathutils import Vector

import materials
from furniture import PAVEMENT_METRES
from materials import bricks, plain, steel
from shapes import Shape, instances, link

_SIGNS = ["FRUIT 24H", "NOODLE BAR", "PHONE REPAIR", "TEA HOUSE", "PHARMACY", "HARDWARE"]
_WALLS = [(.45, .40, .33), (.33, .2, .15), (.5, .5, .47), (.36, .38, .4), (.5, .42, .3), (.25, .27, .28), (.42, .3, .26)]
_SIGN_COLOURS = [(.5, .02, .02), (.02, .15, .45), (.55, .35, .02), (.03, .3, .12), (.5, .5, .5)]


def ground(rng):
    road, pavement, kerb, paint = Shape(), Shape(), Shape(), Shape()
    road.box((3.5, 60, -.1), (7, 180, .2), materials.asphalt())
    road.box((3.5, 60, -.3), (400, 400, .2), plain("soil", (.2, .19, .17), .95))
    road.place("road")
    tint = rng.uniform(.8, 1.15)
    paving = bricks("paving", (.30 * tint, .27 * tint, .24 * tint), (.13, .12, .11), 2.2)
    for x in (-2.65, 9.65):
        pavement.box((x, 60, PAVEMENT_METRES / 2 - .1), (4.7, 180, PAVEMENT_METRES + .2), paving)
    pavement.place("pavement")
    stone = plain("kerb", (.42, .41, .39), .8, mottle=.2, scale=6, bump=.2, world=True)
    for i in range(-20, 120):
        for x in (-.15, 7.15):
            kerb.box((x, i + .5, PAVEMENT_METRES / 2 - .05), (.3, .985, PAVEMENT_METRES + .1), stone)
    kerb.place("kerb", bevel=.02)
    white = plain("line", (.62, .62, .58), .7, mottle=.35, scale=7, world=True)
    for i in range(-4, 25):
        paint.box((3.5, i * 6, .004), (.13, 3, .006), white)
    paint.box((.35, 60, .004), (.12, 180, .006), plain("yellow_line", (.6, .4, .04), .7, mottle=.35, scale=7, world=True))
    for i in range(8):
        paint.box((.9 + i * .82, 29, .004), (.42, 3.2, .006), white)
    paint.tube((2.1, 12, -.02), (2.1, 12, .006), .36, plain("manhole", (.09, .085, .08), .6, .5, mottle=.3, scale=30, bump=.8), sides=24)
    paint.place("markings")
    leaves = Shape()
    for i in range(300):
        on_pavement = i % 3
        at = (rng.uniform(-4.8, -.3) if on_pavement else rng.uniform(0, .6), rng.uniform(5, 40), (PAVEMENT_METRES if on_pavement else 0) + .006)
        leaves.box(at, (rng.uniform(.04, .09), .05, .006), plain("dead_leaf", [(.2, .13, .04), (.12, .09, .03), (.09, .12, .03)][i % 3], .9), rng.random() * 3)
    leaves.place("leaves")


def houses(x, facing, y, y_end, rng, signs=_SIGNS, font=None, shop_glass=None, room_glass=None):
    """A row of shop houses whose front stands at `x`; `facing` = -1 looks towards +x, +1 towards -x.

    `signs` in `font` (None = Blender's own). `shop_glass` and `room_glass` are asked for the material of one window each.
    Returns the middle (y) and width of every open shop."""
    shape, shops = Shape(), []
    walls = [bricks("wall", c, tuple(k * .6 for k in c), 4, upright=True, mortar_size=.01) for c in rng.sample(_WALLS, 4)]
    glass, frame = plain("shop_glass", (.02, .025, .03), .05), plain("frame", (.25, .25, .26), .4, .6)
    sill, unit = plain("sill", (.5, .5, .48), .8), plain("air_conditioner", (.6, .6, .57), .5, mottle=.1)
    house = 0
    while y < y_end:
        width, height = rng.uniform(4, 6), rng.choice([9, 12, 12, 15])
        shape.box((x + facing * 4, y + width / 2, height / 2), (8, width, height), walls[house % 4])
        shape.box((x - facing * .12, y + width / 2, 3.35), (.25, width * .92, .8), plain("sign", rng.choice(_SIGN_COLOURS), .4, emit=.05))
        if rng.random() < .25:
            for i in range(13):
                shape.box((x - facing * .05, y + width / 2, .25 + PAVEMENT_METRES + i * .2), (.06 + .03 * (i % 2), width * .8, .19), plain("shutter", (.4, .41, .42), .4, .5))
        else:
            pane = shop_glass() if shop_glass else glass
            shops.append((y + width / 2, width))
            for i in range(3):
                shape.box((x - facing * .03, y + width * (.2 + .3 * i), 1.5), (.05, width * .27, 2.6), pane)
            for i in range(4):
                shape.box((x - facing * .06, y + width * (.05 + .3 * i), 1.5), (.08, .07, 2.7), frame)
        z = 4.4
        while z < height - 1.5:
            for i in range(2):
                wy = y + width * (.28 + .44 * i)
                shape.box((x - facing * .02, wy, z + .75), (.08, width * .28, 1.5), room_glass() if room_glass else glass)
                shape.box((x - facing * .08, wy, z - .03), (.25, width * .32, .07), sill)
                shape.box((x - facing * .06, wy, z + .75), (.06, .05, 1.5), frame)
                if rng.random() < .5:
                    shape.box((x - facing * .25, wy + width * .2, z + .1), (.35, .8, .55), unit)
            z += 2.9
        curve = bpy.data.curves.new("sign_text", "FONT")
        curve.body, curve.size, curve.align_x = rng.choice(signs), .5, "CENTER"
        if font:
            curve.font, curve.size, curve.space_character, curve.extrude = font, .62, 1.25, .01
        curve.materials.append(plain("sign_text", (.9, .85, .6), .5))
        text = link("sign_text", curve)
        text.location, text.rotation_euler = (x - facing * .26, y + width / 2, 3.18), (math.pi / 2, 0, -facing * math.pi / 2)
        y += width + .05
        house += 1
    shape.place("houses")
    return shops


def tree(x, y, seed, height=5.5):
    rng, shape = random.Random(seed), Shape()
    bark = plain("bark", (.09, .065, .045), .95, mottle=.4, scale=12, bump=.6)
    leaves = [plain("leaf", c, .6) for c in ((.03, .085, .015), (.045, .11, .02), (.02, .06, .012), (.07, .13, .03))]
    shape.tube((x, y, 0), (x + .1, y, height * .5), .14, bark, .1)
    for _ in range(9):
        angle, reach = rng.uniform(0, 2 * math.pi), rng.uniform(.3, 1.6)
        tip = Vector((x + reach * math.cos(angle), y + reach * math.sin(angle), height * .62 + rng.uniform(-.5, 1.6)))
        shape.tube((x + .1, y, height * .48), tip, .05, bark, .015, 6)
        for i in range(260):
            out = Vector((rng.gauss(0, 1), rng.gauss(0, 1), rng.gauss(0, .8))).normalized() * rng.uniform(.5, 1) ** .5 * .95
            u = Vector((rng.gauss(0, 1), rng.gauss(0, 1), rng.gauss(0, 1))).normalized() * .09
            w = u.orthogonal().normalized() * .045
            c = tip + out
            shape.add([c - u - w, c + u - w, c + u + w, c - u + w], [(0, 1, 2, 3)], leaves[i % 4])
    shape.box((x, y, PAVEMENT_METRES + .01), (1.0, 1.0, .03), plain("soil", (.06, .04, .025), .95, mottle=.3, scale=10, bump=.6))
    shape.place("tree")


def posts():
    shape, paint = Shape(), plain("lamp", (.3, .31, .32), .5, .6)
    for x, y, side in ((-.6, 19.5, 1), (-.6, 40, 1), (7.7, 30, -1)):
        shape.tube((x, y, 0), (x, y, 7.5), .08, paint, .05)
        shape.tube((x, y, 7.5), (x + 1.6 * side, y, 7.8), .04, paint)
        shape.box((x + 1.7 * side, y, 7.78), (.6, .25, .1), paint)
    for i in range(6):
        shape.tube((-.45, 24.5 + i * 1.6, PAVEMENT_METRES), (-.45, 24.5 + i * 1.6, PAVEMENT_METRES + .75), .06, plain("bollard", (.5, .4, .05), .6))
    shape.place("posts")


def _light(scene, light, rng):
    world = bpy.data.worlds.new("sky")
    scene.world = world
    world.use_nodes = True
    background = world.node_tree.nodes["Background"]
    if light == "overcast":
        background.inputs[0].default_value = (.72, .77, .82, 1)
        background.inputs[1].default_value = rng.uniform(1.05, 1.35)
        return
    turn, elevation = rng.uniform(0, 2 * math.pi), rng.uniform(35, 65)
    sky = world.node_tree.nodes.new("ShaderNodeTexSky")
    sky.sky_type, sky.sun_disc = "NISHITA", False
    sky.sun_elevation, sky.sun_rotation = math.radians(elevation), turn
    world.node_tree.links.new(sky.outputs[0], background.inputs[0])
    background.inputs[1].default_value = .16
    lamp = bpy.data.lights.new("sun", "SUN")
    lamp.energy, lamp.angle, lamp.color = rng.uniform(3.0, 3.9), .009, (1, .95, .87)
    sun = link("sun", lamp)
    sun.rotation_euler = (math.radians(90 - elevation), 0, turn)


def build(light="day", seed=0, trees_west=(6.3, 21, 34, 48, 62), trees_east=(24, 36, 50, 64), houses_east_from=14, sun=None):
    """An empty street. `sun` = (x, y, z rotation in degrees) fixes the sun instead of drawing it from the seed."""
    materials.forget()
    instances().clear()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene, rng = bpy.context.scene, random.Random(seed)
    ground(rng)
    houses(-5, -1, -14, 85, rng)
    houses(12, 1, houses_east_from, 85, rng)
    far = Shape()
    far.box((3.5, 100, 9), (60, 6, 18), plain("far", (.35, .36, .38), .9, mottle=.2, scale=.4))
    far.place("far")
    for i, y in enumerate(trees_west):
        tree(-.95, y, seed * 10 + i)
    for i, y in enumerate(trees_east):
        tree(8.0, y, seed * 10 + 20 + i)
    posts()
    _light(scene, light, rng)
    if sun:
        bpy.data.objects["sun"].rotation_euler = [math.radians(a) for a in sun]
    view, render = scene.view_settings, scene.render
    view.view_transform, view.look = "AgX", "AgX - Medium High Contrast"
    view.exposure = {"day": .75, "overcast": 1.0}[light]
    render.image_settings.file_format, render.image_settings.compression = "PNG", 15
    render.resolution_percentage = 100
    return scene


def use_cycles(scene, samples, threads=2):
    scene.render.engine = "CYCLES"
    c = scene.cycles
    c.device, c.samples, c.use_adaptive_sampling = "CPU", samples, False
    c.use_denoising, c.denoiser, c.denoising_prefilter, c.denoising_quality = True, "OPENIMAGEDENOISE", "FAST", "FAST"
    c.max_bounces, c.diffuse_bounces, c.glossy_bounces, c.transmission_bounces, c.volume_bounces = 3, 2, 2, 1, 0
    c.caustics_reflective = c.caustics_refractive = False
    c.sample_clamp_indirect, c.use_auto_tile = 4, False
    scene.render.use_persistent_data = True
    scene.render.threads_mode, scene.render.threads = "FIXED", threads
