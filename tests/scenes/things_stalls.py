# SPDX-License-Identifier: GPL-3.0-or-later
"""Random street stalls: frame, goods, cover, vendor and customers. The front faces +x, the vendor stands at -x, tables run along y.

Truth as in furniture.py: the stall's box is table, goods, pole and canopy; a parasol's cloth is also an `umbrella`, what carries the
stall also a `tricycle` or `car`.
"""
import math

import furniture
import vehicles
from materials import plain, steel
from shapes import Shape, instances, register
from things_looks import (FRUIT, bag, bush, carton, cloth, coat, crate, glass, greens, grey, heap_of_fruit, hue, lettering, metal, near, paint,
                          printed, stripes, wheel, wood)

THEMES = ("fruit", "fruit", "veg", "veg", "packets", "packets", "bottles", "folded", "trays", "plants", "mixed", "crockery", "toys", "bread")


def goods(rng, shape, x, y, z, sx, sy, theme):
    """Fills a rectangle of `sx` by `sy` at height `z` with wares."""
    theme = rng.choice(THEMES[:-1]) if theme == "mixed" else theme
    cell_x, cell_y = rng.uniform(.26, .5), rng.uniform(.28, .55)
    nx, ny = max(1, int(sx / cell_x)), max(1, int(sy / cell_y))
    wx, wy = sx / nx, sy / ny
    boxed, base = rng.random() < .6, paint(rng)
    for i in range(nx):
        for j in range(ny):
            cx, cy = x - sx / 2 + (i + .5) * wx, y - sy / 2 + (j + .5) * wy
            if rng.random() < .06:
                continue
            if theme in ("fruit", "veg"):
                lift = .06 if boxed else 0
                if boxed:
                    crate(rng, shape, cx, cy, z, wx * .92, wy * .92, rng.uniform(.09, .16), base)
                (heap_of_fruit if theme == "fruit" or rng.random() < .25 else greens)(rng, shape, cx, cy, z + lift, wx * .82, wy * .82)
            elif theme in ("packets", "toys"):
                skin = printed(rng) if rng.random() < .4 else coat(rng)
                n = rng.randint(2, 4)
                for k in range(n):
                    high = rng.uniform(.04, .26)
                    spot = cx + rng.uniform(-.25, .25) * wx, cy + ((k + .5) / n - .5) * wy * .9
                    if theme == "toys" and rng.random() < .6:
                        shape.blob((*spot, z + high * .5), (.06, .07, high * .5), coat(rng, hue(rng)), 8, 6, .2, rng)
                    else:
                        shape.box((*spot, z + high / 2), (wx * rng.uniform(.3, .8), wy / n * .9, high), skin if rng.random() < .6 else coat(rng), rng.uniform(-.15, .15))
            elif theme == "bottles":
                liquid = coat(rng, rng.choice(FRUIT + [(.7, .7, .68), (.02, .1, .3)]), .15)
                for k in range(3):
                    for m in range(3):
                        px, py = cx + (k - 1) * wx * .3, cy + (m - 1) * wy * .3
                        shape.tube((px, py, z), (px, py, z + .17), .04, liquid, sides=8)
                        shape.tube((px, py, z + .17), (px, py, z + .25), .036, liquid, .014, 8)
            elif theme == "folded":
                for k in range(rng.randint(1, 5)):
                    shape.box((cx + rng.uniform(-.02, .02), cy, z + .02 + k * .035), (wx * .8, wy * .8, .033), cloth(rng), rng.uniform(-.1, .1))
            elif theme == "trays":
                shape.box((cx, cy, z + .03), (wx * .9, wy * .9, .06), metal(rng))
                food = plain("food", near(rng, rng.choice(FRUIT + [(.4, .2, .08), (.5, .1, .02), (.6, .5, .35)]), .2), .5, mottle=.4, scale=40, bump=.8)
                shape.blob((cx, cy, z + .05), (wx * .4, wy * .4, .06), food, 10, 6, .25, rng)
            elif theme == "plants":
                shape.tube((cx, cy, z), (cx, cy, z + .14), .07, coat(rng), .09, 9)
                bush(rng, shape, cx, cy, z + .12, rng.uniform(.15, .32), hue(rng) if rng.random() < .6 else None)
            elif theme == "bread":
                crust = plain("crust", near(rng, (.5, .3, .12)), .6, mottle=.3, scale=20)
                for k in range(5):
                    shape.blob((cx + rng.uniform(-.3, .3) * wx, cy + (k - 2) * wy * .18, z + .05 + rng.uniform(0, .05)), (wx * .3, .06, .05), crust, 8, 6)
            else:
                for k in range(rng.randint(1, 4)):
                    r = rng.uniform(.04, .11)
                    shape.tube((cx + rng.uniform(-.25, .25) * wx, cy + rng.uniform(-.3, .3) * wy, z), (cx + rng.uniform(-.25, .25) * wx, cy, z + rng.uniform(.08, .25)), r, coat(rng), r * rng.uniform(.6, 1.3), 10)


def table(rng, shape, x, y, wide, deep, high):
    top = coat(rng) if rng.random() < .5 else wood(rng)
    shape.box((x, y, high - .02), (deep, wide, .04), top)
    kind = rng.random()
    for sx in (-1, 1):
        for sy in (-1, 1):
            cross = -1 if kind < .3 else 1
            shape.tube((x + sx * deep * .44, y + sy * wide * .46, 0), (x + cross * sx * deep * .4, y + sy * wide * .44, high - .03), rng.choice([.014, .02]), metal(rng), sides=6)
    if rng.random() < .55:
        skin, drop = cloth(rng), rng.uniform(.25, .97) * high
        shape.box((x, y, high + .003), (deep * 1.02, wide * 1.02, .008), skin)
        for side in (-1, 1):
            shape.box((x + side * deep * .515, y, high - drop / 2), (.012, wide * 1.03, drop), skin)
            shape.box((x, y + side * wide * .515, high - drop / 2), (deep * 1.03, .012, drop), skin)


def stores(rng, shape, x, low, high):
    """What stands about behind a stall."""
    for _ in range(rng.randint(0, 6)):
        y, kind = rng.uniform(low, high), rng.random()
        if kind < .6:
            top = carton(rng, shape, x, y, 0)
            if rng.random() < .4:
                carton(rng, shape, x, y, top)
        elif kind < .8:
            crate(rng, shape, x, y, 0, .38, .5, .28)
        else:
            bag(rng, shape, x, y, 0, rng.uniform(.15, .28))


def parasol(rng, shape, x, y, turn=0.0):
    """A pole in `shape` and a cloth of its own, which is returned as the instance whose pixels the stall's box takes in."""
    high, radius = rng.uniform(2.05, 2.8), rng.uniform(.9, 1.8)
    first = paint(rng, .25)
    colours = (first, first) if rng.random() < .45 else (first, paint(rng, .6))
    shape.tube((x, y, 0), (x, y, high), .022, metal(rng), sides=8)
    shape.tube((x, y, 0), (x, y, .09), rng.uniform(.18, .28), coat(rng, grey(rng, .02, .4)))
    return furniture.canopy((x, y, 0), turn + rng.uniform(0, .8), radius, colours, high, (rng.gauss(0, .06), rng.gauss(0, .06)), rng.uniform(.2, .5))[1]


def gazebo(rng, shape, y, wide, deep):
    """Four posts under a tent roof with a hanging edge and perhaps walls."""
    skin, eaves, rise = cloth(rng), rng.uniform(1.9, 2.25), rng.uniform(.25, .9)
    corners = [(sx * deep / 2, y + sy * wide / 2) for sx, sy in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    ridge = wide * rng.choice([0, 0, .5])
    tops = [(0, y - ridge / 2, eaves + rise), (0, y + ridge / 2, eaves + rise)]
    post = metal(rng)
    for cx, cy in corners:
        shape.tube((cx, cy, 0), (cx, cy, eaves), .022, post, sides=6)
    shape.add([(*c, eaves) for c in corners] + tops, [(0, 1, 4), (1, 2, 5, 4), (2, 3, 5), (3, 0, 4, 5)], skin)
    hang = rng.uniform(.12, .35)
    edge = skin if rng.random() < .6 else cloth(rng)
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1]):
        shape.add([(ax, ay, eaves), (bx, by, eaves), (bx, by, eaves - hang), (ax, ay, eaves - hang)], [(0, 1, 2, 3)], edge)
    for side in (0, 2, 3):
        if rng.random() < .3:
            (ax, ay), (bx, by) = corners[side], corners[(side + 1) % 4]
            shape.add([(ax, ay, .1), (bx, by, .1), (bx, by, eaves), (ax, ay, eaves)], [(0, 1, 2, 3)], skin)


def tarpaulin(rng, shape, y, wide, deep):
    """A sagging sheet on poles, higher at the front."""
    skin, front, back, sag = cloth(rng), rng.uniform(2.0, 2.5), rng.uniform(1.7, 2.1), rng.uniform(.05, .25)
    for sx, top in ((1, front), (-1, back)):
        for sy in (-1, 1):
            shape.tube((sx * deep / 2, y + sy * wide / 2, 0), (sx * deep / 2, y + sy * wide / 2, top), .02, metal(rng), sides=6)
    n = 6
    grid = [(deep * (i / n - .5), y + wide * (j / n - .5), back + (front - back) * i / n - sag * 4 * (j / n) * (1 - j / n) * (.4 + 2.4 * (i / n) * (1 - i / n))) for i in range(n + 1) for j in range(n + 1)]
    shape.add(grid, [(i * (n + 1) + j, (i + 1) * (n + 1) + j, (i + 1) * (n + 1) + j + 1, i * (n + 1) + j + 1) for i in range(n) for j in range(n)], skin, True)


def awning(rng, shape, x, y, z, wide, out):
    skin = stripes(rng, (paint(rng, .1), (.75, .74, .7)), rng.uniform(.1, .3), 1) if rng.random() < .5 else cloth(rng)
    fall = rng.uniform(.1, .45)
    shape.add([(x, y - wide / 2, z), (x, y + wide / 2, z), (x + out, y + wide / 2, z - fall), (x + out, y - wide / 2, z - fall)], [(0, 1, 2, 3)], skin)
    shape.box((x + out, y, z - fall - .08), (.012, wide, .17), skin)


def cover(rng, shape, y, wide, deep, chances=(.3, .25, .1)):
    """A random roof over a stall, or none; returns the parasols' instances."""
    kind = rng.random()
    if kind < chances[0]:
        n = max(1, round(wide / 2.2)) if rng.random() < .7 else 1
        return [parasol(rng, shape, rng.choice([-.55, -.45, -.4]) * deep - .1, y + wide * ((i + .5) / n - .5)) for i in range(n)]
    if kind < chances[0] + chances[1]:
        gazebo(rng, shape, y, wide + rng.uniform(.3, .8), max(1.8, deep + rng.uniform(.8, 1.6)))
    elif kind < sum(chances):
        tarpaulin(rng, shape, y, wide + rng.uniform(.1, .6), deep + rng.uniform(.6, 1.4))
    return []


def tables(rng, shape):
    n = rng.choice([1, 1, 1, 2, 2, 3, 4])
    wide, deep, high = rng.uniform(1.0, 2.0), rng.uniform(.5, .95), rng.uniform(.6, .9)
    theme = rng.choice(THEMES)
    for i in range(n):
        y = (i - (n - 1) / 2) * (wide + .05)
        table(rng, shape, rng.uniform(-.05, .05), y, wide, deep, high)
        goods(rng, shape, 0, y, high + .01, deep * .92, wide * .94, theme if rng.random() < .6 else rng.choice(THEMES))
    stores(rng, shape, -deep / 2 - .35, -wide * n / 2, wide * n / 2)
    if rng.random() < .25:
        lettering(rng, shape, deep / 2 + .05, rng.uniform(-.3, .3), high * .6, rng.uniform(.4, .9), rng.uniform(.25, .45))
    return cover(rng, shape, 0, wide * n, deep), deep, wide * n


def tricycle_stall(rng, shape):
    turn = rng.choice([math.pi / 2, -math.pi / 2, math.pi])
    vehicles.tricycle(0, 0, turn, 0, paint(rng, .3), rng.choice([0, 0, 0, 4]), paint(rng) if rng.random() < .3 else None, rng.randrange(999))
    trike = instances()[-1]
    cos, sin = math.cos(turn), math.sin(turn)
    bed, local = (-.75 * cos, -.75 * sin), Shape()
    lift = rng.choice([.6, .6, .88])
    if lift > .7:
        local.box((0, 0, .88), (rng.uniform(1.3, 1.9), rng.uniform(.95, 1.4), .03), wood(rng))
    goods(rng, local, 0, 0, lift + .01, 1.2, .85, rng.choice(THEMES))
    load = local.place("bed", (*bed, 0), turn)
    extra = [register(load, "stall")]
    shade = []
    if rng.random() < .45:
        shade = [parasol(rng, shape, bed[0] + rng.uniform(-.2, .2), bed[1] + .2)]
    elif rng.random() < .3:
        gazebo(rng, shape, bed[1], 1.7, 1.3)
    extra[0].also += [trike.id] + [s.id for s in shade]
    if rng.random() < .5:
        stores(rng, shape, -.9, bed[1] - .8, bed[1] + .8)
    return extra, .9, 1.4


def cart(rng, shape):
    """A hand cart with an open bed, flat or with a pitched display."""
    wide, deep, high = rng.uniform(1.2, 2.1), rng.uniform(.7, 1.0), rng.uniform(.55, .85)
    body = coat(rng) if rng.random() < .5 else wood(rng)
    shape.box((0, 0, high - .05), (deep, wide, .08), body)
    if rng.random() < .6:
        shape.box((0, 0, high / 2 + .05), (deep * .9, wide * .92, high * .55), body)
    radius = rng.uniform(.14, .34)
    for sx in (-1, 1):
        for y in ((0,) if radius > .25 else (-wide * .36, wide * .36)):
            wheel(rng, shape, sx * (deep / 2 + .03), y, radius, .05, rng.choice([0, 10]), (1, 0, 0))
    for side in (-1, 1):
        shape.box((side * deep / 2, 0, high + .05), (.025, wide, .14), body)
        shape.box((0, side * wide / 2, high + .05), (deep, .025, .14), body)
        shape.tube((side * deep * .4, wide / 2, high), (side * deep * .4, wide / 2 + .5, high + .1), .018, steel(), sides=6)
    goods(rng, shape, 0, 0, high, deep * .9, wide * .92, rng.choice(THEMES))
    return cover(rng, shape, 0, wide, deep, (.45, .08, .2)), deep, wide


def food_cart(rng, shape, steaming=False):
    wide, deep, high = rng.uniform(1.1, 2.2), rng.uniform(.6, .95), rng.uniform(.75, .95)
    body = metal(rng) if rng.random() < .4 else coat(rng)
    shape.box((0, 0, (high + .18) / 2), (deep, wide, high - .18), body)
    shape.box((0, 0, high), (deep * 1.08, wide * 1.04, .04), metal(rng))
    for sx in (-1, 1):
        for sy in (-1, 1):
            wheel(rng, shape, sx * deep * .42, sy * wide * .36, rng.uniform(.12, .18), .05, 0, (1, 0, 0))
    if rng.random() < .7:
        lettering(rng, shape, deep / 2 + .01, 0, high * .6, wide * rng.uniform(.5, .9), high * rng.uniform(.25, .5))
    if steaming:
        for i in range(rng.randint(2, 4)):
            y, r = wide * ((i + .5) / 4 - .5), rng.uniform(.13, .24)
            bamboo, z = rng.random() < .5, high + .02
            for k in range(rng.randint(1, 4)):
                skin = wood(rng, (.5, .38, .2)) if bamboo else metal(rng)
                shape.tube((0, y, z), (0, y, z + .11), r, skin, sides=16)
                z += .115
            shape.blob((0, y, z), (r * .97, r * .97, .07), wood(rng, (.45, .33, .18)) if bamboo else metal(rng), 14, 6)
            for k in range(4):
                shape.blob((rng.uniform(-.1, .1), y + rng.uniform(-.05, .05), z + .1), (.02,) * 3, plain("knob", grey(rng), .5), 6, 5)
    else:
        box_high, box_wide = rng.uniform(.3, .55), wide * rng.uniform(.5, .95)
        goods(rng, shape, .05, 0, high + .03, deep * .7, box_wide * .9, rng.choice(["trays", "bread", "bottles", "fruit", "packets"]))
        frame = metal(rng)
        for sx in (-1, 1):
            for sy in (-1, 1):
                shape.tube((sx * deep * .45, sy * box_wide / 2, high), (sx * deep * .45, sy * box_wide / 2, high + box_high), .012, frame, sides=5)
        shape.box((0, 0, high + box_high), (deep * .95, box_wide, .02), frame if rng.random() < .5 else glass())
        for side in (-1, 1):
            shape.box((0, side * box_wide / 2, high + box_high / 2), (deep * .9, .008, box_high), glass())
    roof = rng.random()
    if roof < .55:
        top = high + rng.uniform(.95, 1.25)
        for sx in (-1, 1):
            for sy in (-1, 1):
                shape.tube((sx * deep * .47, sy * wide * .48, high), (sx * deep * .47, sy * wide * .48, top), .018, metal(rng), sides=6)
        skin = cloth(rng)
        shape.box((0, 0, top), (deep * rng.uniform(1.1, 1.7), wide * rng.uniform(1.05, 1.3), rng.uniform(.03, .14)), skin, 0, rng.uniform(.75, 1))
        if rng.random() < .6:
            lettering(rng, shape, deep * .56, 0, top - .12, wide * .95, rng.uniform(.18, .32))
        if rng.random() < .5:
            awning(rng, shape, deep * .5, 0, top, wide * 1.05, rng.uniform(.3, .8))
        return [], deep, wide
    return ([parasol(rng, shape, rng.choice([-.5, .3]) * deep, wide * rng.uniform(-.5, .5))] if roof < .85 else []), deep, wide


def breakfast(rng, shape):
    return food_cart(rng, shape, True)
