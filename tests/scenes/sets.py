# SPDX-License-Identifier: GPL-3.0-or-later
"""Road layouts and lights of the state library: the empty set that everything else is layered over, and its camera.

All casts are written for one canonical street: the busy pavement lies at x = -5..0, the road at x = 0..7, the camera at y = 0
looks north. A layout says how canonical places map to its own world, so one cast plays in all of them.

| layout | what |
|---|---|
| street | the demonstration clip's place and camera, Chinese signs |
| mirror | the other side of the same kind of street, other houses, a lower and wider camera |
| lane   | a market lane without cars: shops on both sides, paving from wall to wall |
| junction | a crossing with zebras and signals, seen from the corner opposite: a lower pole, a longer lens |

Lights: day, overcast, dusk, night, rain. Sign text needs Noto Sans CJK (Debian: fonts-noto-cjk); no font file is kept here.
"""
import math
import random
import subprocess
from dataclasses import dataclass

import bpy

import junction
import materials
import street
from calibration import PLANES
from furniture import PAVEMENT_METRES
from materials import bricks, plain
from shapes import Shape, instances, link

_SIGNS = ["便利店", "兰州拉面", "手机维修", "时鲜水果", "大药房", "五金建材", "理发店", "沙县小吃", "奶茶", "房产中介", "早餐包点", "烟酒商行", "打印复印", "快递驿站"]
LIGHTS = ("day", "overcast", "dusk", "night", "rain")


@dataclass(frozen=True)
class Layout:
    name: str
    seed: int
    at: tuple
    look_at: tuple
    hfov_deg: float
    sun_deg: tuple  # rotation of the sun lamp
    mirrored: bool = False
    cars: bool = True
    crossing: tuple = ()  # canonical y of a second road, from and to
    trees_busy: tuple = ()
    trees_far: tuple = ()

    def place(self, x, y, turn=0.0):
        """Canonical place and heading -> this layout's world."""
        return (7 - x, y, math.pi - turn) if self.mirrored else (x, y, turn)

    def ground(self, x, y):
        """Height of the ground at a canonical place."""
        on_crossing = self.crossing and self.crossing[0] < y < self.crossing[1]
        return PAVEMENT_METRES if not self.cars or (x < -.3 or x > 7.3) and not on_crossing else 0.0

    def planes(self):
        """Ground that is surveyed, in this layout's world, as calibration.PLANES."""
        if not self.cars:
            return {"pavement": (PAVEMENT_METRES, -4.9, 2.9, 5.0, 30.0)}
        if self.crossing:
            return {name: (z, x1, x2, self.crossing[1] + .4 if z else self.crossing[0], y2) for name, (z, x1, x2, _, y2) in PLANES.items()}
        if not self.mirrored:
            return PLANES
        return {name: (z, 7 - x2, 7 - x1, y1, y2) for name, (z, x1, x2, y1, y2) in PLANES.items()}


LAYOUTS = {layout.name: layout for layout in (
    Layout("street", 3, (7.8, 0.0, 6.2), (-1.3, 13.4, .8), 54.0, (40, 12, 60), trees_busy=(22, 34, 48, 62), trees_far=(24, 36, 50, 64)),
    Layout("mirror", 8, (-.9, 0.0, 5.4), (8.0, 13.0, .8), 60.0, (48, -14, -40), mirrored=True, trees_busy=(21, 29, 42, 56), trees_far=(26, 40, 54)),
    Layout("lane", 12, (1.6, 0.0, 5.6), (-1.5, 13.0, .7), 56.0, (30, 0, -8), cars=False),
    Layout("junction", 17, (8.0, -4.0, 4.8), (-2.0, 12.6, .9), 45.0, (34, 10, 70), crossing=junction.ROAD_Y, trees_busy=(22, 31, 44), trees_far=(24, 36, 50)),
)}


def _font():
    """A face with Chinese glyphs, found through fontconfig."""
    found = subprocess.run(["fc-match", "-f", "%{file}", "Noto Sans CJK SC:bold"], capture_output=True, text=True).stdout
    if "CJK" not in found:
        raise SystemExit("no Chinese font: apt-get install fonts-noto-cjk")
    return bpy.data.fonts.load(found)


def glow(name, colour, strength):
    """A panel that shines into the camera but is no light source (real lamps stand before it: less noise)."""
    material = plain(name, colour, .4, emit=strength)
    material.cycles.emission_sampling = "NONE"
    return material


def _windows(light, rng):
    """Two functions that choose the glass of a shop front and of a room."""
    dark = plain("shop_glass", (.02, .025, .03), .05)
    dim = [plain("shop_inside", c, .15, mottle=.3, scale=2.5) for c in ((.07, .065, .06), (.045, .05, .055), (.085, .07, .055))]
    if light not in ("dusk", "night"):
        return lambda: rng.choice(dim), lambda: dark
    strength = .5 if light == "dusk" else .42
    warm = [glow("shop_lit", c, strength) for c in ((.9, .62, .32), (.75, .72, .6), (.8, .5, .25))]
    room = [glow("room_lit", c, strength * .4) for c in ((.8, .55, .3), (.6, .65, .7))]
    return (lambda: rng.choice(warm) if rng.random() < .75 else dark), (lambda: rng.choice(room) if rng.random() < .3 else dark)


def _lane_ground(rng):
    ground, drain = Shape(), Shape()
    ground.box((-1, 60, PAVEMENT_METRES - .15), (8, 180, .3), bricks("paving", (.27, .26, .25), (.11, .11, .10), 1.6))
    ground.box((3, 60, -.3), (400, 400, .2), plain("soil", (.2, .19, .17), .95))
    ground.place("pavement")
    for i in range(120):
        drain.box((2.2, i * .6, PAVEMENT_METRES + .004), (.22, .56, .008), plain("drain", (.05, .05, .05), .6, .6))
    leaves = Shape()
    for _ in range(160):
        leaves.box((rng.uniform(-4.8, 2.8), rng.uniform(4, 40), PAVEMENT_METRES + .006), (rng.uniform(.04, .09), .05, .006), plain("dead_leaf", (.2, .13, .04), .9), rng.random() * 3)
    drain.place("drain")
    leaves.place("leaves")


def _hung_signs(x, facing, rng, font, light):
    """Light boxes that stick out from the wall, written from top to bottom."""
    for y in range(6, 40, 4):
        if rng.random() < .4:
            continue
        at, colour = (x - facing * .55, y + rng.uniform(-1, 1), 4.3), rng.choice([(.5, .02, .02), (.02, .15, .45), (.6, .45, .03), (.03, .3, .12)])
        box = Shape()
        box.box(at, (.9, .14, 1.9), glow("hung_lit", colour, .9) if light in ("dusk", "night") else plain("hung", colour, .4))
        box.place("hung_sign")
        curve = bpy.data.curves.new("hung_text", "FONT")
        curve.body, curve.size, curve.align_x, curve.font = "\n".join(rng.choice(_SIGNS)[:3]), .5, "CENTER", font
        curve.materials.append(plain("sign_text", (.9, .85, .6), .5, emit=.4 if light in ("dusk", "night") else 0))
        text = link("hung_text", curve)
        text.location, text.rotation_euler = (at[0], at[1] - .08, at[2] + .42), (math.pi / 2, 0, 0)


def _lamp(kind, at, energy, colour, size, aim_deg=(0, 0, 0), spread_deg=150):
    lamp = bpy.data.lights.new(kind.lower(), kind)
    lamp.energy, lamp.color = energy, colour
    if kind == "SPOT":
        lamp.spot_size, lamp.spot_blend, lamp.shadow_soft_size = math.radians(spread_deg), .6, size
    else:
        lamp.shape, lamp.size, lamp.size_y, lamp.spread = "RECTANGLE", *size, math.radians(spread_deg)
    thing = link(kind.lower(), lamp)
    thing.location, thing.rotation_euler = at, [math.radians(a) for a in aim_deg]


def _sky(scene, light, sun_deg):
    world = bpy.data.worlds.new("sky")
    scene.world = world
    world.use_nodes = True
    background = world.node_tree.nodes["Background"]
    colour, strength = {"day": (None, .17), "overcast": ((.75, .79, .84), 1.25), "rain": ((.62, .67, .74), .75),
                        "dusk": ((.26, .31, .50), .62), "night": ((.03, .035, .06), .28)}[light]
    background.inputs[1].default_value = strength
    if colour:
        background.inputs[0].default_value = (*colour, 1)
        return
    sky = world.node_tree.nodes.new("ShaderNodeTexSky")
    sky.sky_type, sky.sun_disc, sky.sun_elevation, sky.sun_rotation = "NISHITA", False, math.radians(50), 1.0
    world.node_tree.links.new(sky.outputs[0], background.inputs[0])
    lamp = bpy.data.lights.new("sun", "SUN")
    lamp.energy, lamp.angle, lamp.color = 3.5, .009, (1, .95, .87)
    link("sun", lamp).rotation_euler = [math.radians(a) for a in sun_deg]


def _lamps(layout, light, rows):
    """Street lamps and the light that shops throw on the pavement; `rows` = [(front x, facing, [(y, width)])]."""
    power = {"dusk": .5, "night": 1.0}[light]
    posts = ((1.1, 19.5), (1.1, 40), (6.0, 30), (1.1, 3)) if layout.cars else ((-1, 8), (-1, 22), (-1, 36))
    for x, y in posts:
        x, y, _ = layout.place(x, y)
        _lamp("SPOT", (x, y, 7.6), 1300 * power, (1, .84, .64), .15)
    for front, facing, shops in rows:
        for y, width in shops:
            if 2 < y < 34:
                _lamp("AREA", (front - facing * .35, y, 2.9), 38 * power * width / 5, (1, .85, .62), (.3, width * .8), (0, -facing * 50, 0))


def _wet():
    """Rain lies on all ground: dark, and shiny where it stands."""
    for name, dark, rough in (("asphalt", .55, .22), ("paving", .6, .3)):
        material = bpy.data.materials.get(name)
        if not material:
            continue
        tree = material.node_tree
        shader = tree.nodes["Principled BSDF"]
        source = shader.inputs["Base Color"].links[0].from_socket
        darker = tree.nodes.new("ShaderNodeVectorMath")
        darker.operation = "SCALE"
        darker.inputs["Scale"].default_value = dark
        tree.links.new(source, darker.inputs[0])
        tree.links.new(darker.outputs[0], shader.inputs["Base Color"])
        shader.inputs["Roughness"].default_value, shader.inputs["Coat Weight"].default_value, shader.inputs["Coat Roughness"].default_value = rough, .5, .12


def build(layout, light):
    """The empty set under a light. Returns the scene."""
    materials.forget()
    instances().clear()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene, rng, font = bpy.context.scene, random.Random(layout.seed), _font()
    windows = dict(zip(("shop_glass", "room_glass"), _windows(light, random.Random(f"windows {layout.seed}"))))
    write = {"signs": _SIGNS, "font": font, **windows}
    if layout.crossing:
        junction.ground()
        rows = junction.houses(rng, **write)
        junction.signals()
    elif layout.cars:
        street.ground(rng)
        rows = [(-5, -1, street.houses(-5, -1, 14 if layout.mirrored else -14, 85, rng, **write)),
                (12, 1, street.houses(12, 1, -14 if layout.mirrored else 14, 85, rng, **write))]
    else:
        _lane_ground(rng)
        rows = [(-5, -1, street.houses(-5, -1, -14, 70, rng, **write)), (3, 1, street.houses(3, 1, 5, 70, rng, **write))]
        _hung_signs(-5, -1, rng, font, light)
        _hung_signs(3, 1, rng, font, light)
    if layout.cars:
        street.posts()
        busy, far = (8.0, -.95) if layout.mirrored else (-.95, 8.0)
        for i, (x, y) in enumerate([(busy, y) for y in layout.trees_busy] + [(far, y) for y in layout.trees_far]):
            street.tree(x, y, layout.seed * 10 + i)
    end = Shape()
    end.box((3.5, 100, 9), (60, 6, 18), plain("far", (.35, .36, .38), .9, mottle=.2, scale=.4))
    end.place("far")
    _sky(scene, light, layout.sun_deg)
    if light in ("dusk", "night"):
        _lamps(layout, light, rows)
    if light == "rain":
        _wet()
    view, image = scene.view_settings, scene.render.image_settings
    view.view_transform = "AgX"
    view.look = "AgX - Base Contrast" if light == "rain" else "AgX - Medium High Contrast"
    view.exposure = {"day": .8, "overcast": 1.25, "dusk": 1.6, "night": 1.5, "rain": 1.45}[light]
    image.file_format, image.compression = "PNG", 15
    scene.render.resolution_percentage = 100
    return scene
