# SPDX-License-Identifier: GPL-3.0-or-later
"""More random stalls (see things_stalls.py), and who stands at them: `stall` draws one of all families."""
import math

import vehicles
from materials import cardboard, plain, steel
from shapes import Shape, instances, register
from things_looks import (bush, cloth, coat, crate, greens, grey, heap_of_fruit, hue, lettering, metal, near, paint, printed,
                          stripes, wheel, wood)
from things_people import sit, stand
from things_stalls import THEMES, awning, breakfast, cart, cover, food_cart, goods, parasol, stores, table, tables, tricycle_stall


def garment(rng, shape, x, y, top, turn=0.0):
    long, wide = rng.uniform(.5, 1.1), rng.uniform(.34, .5)
    skin = cloth(rng) if rng.random() < .5 else plain("garment", paint(rng), .9, mottle=.15)
    shape.box((x, y, top - long / 2), (wide, rng.uniform(.03, .07), long), skin, turn + rng.uniform(-.25, .25), rng.uniform(.65, 1))


def ground_sheet(rng, shape):
    wide, deep = rng.uniform(1.0, 3.2), rng.uniform(.7, 1.7)
    shape.box((0, 0, .008), (deep, wide, .014), cloth(rng), rng.uniform(-.08, .08))
    if rng.random() < .3:  # wares in plain rows
        n = int(deep / .3), int(wide / .3)
        skins = [coat(rng) for _ in range(5)] + [printed(rng)]
        for i in range(n[0]):
            for j in range(n[1]):
                size = rng.uniform(.1, .24), rng.uniform(.1, .24), rng.uniform(.02, .2)
                shape.box(((i + .5) / n[0] * deep - deep / 2, (j + .5) / n[1] * wide - wide / 2, .015 + size[2] / 2), size, rng.choice(skins), rng.uniform(-.3, .3))
    else:
        goods(rng, shape, 0, 0, .016, deep * .9, wide * .92, rng.choice(THEMES))
    stores(rng, shape, -deep / 2 - .35, -wide / 2, wide / 2)
    return cover(rng, shape, 0, wide, deep, (.3, .04, .06)), deep, wide


def clothes_rails(rng, shape):
    n, wide = rng.choice([1, 1, 2, 3]), rng.uniform(1.0, 2.2)
    for k in range(n):
        x, high, frame = (k - (n - 1) / 2) * rng.uniform(.6, .9), rng.uniform(1.3, 1.8), metal(rng)
        for sy in (-1, 1):
            shape.tube((x, sy * wide / 2, 0), (x, sy * wide / 2, high), .018, frame, sides=6)
            shape.tube((x - .25, sy * wide / 2, .03), (x + .25, sy * wide / 2, .03), .018, frame, sides=6)
        shape.tube((x, -wide / 2 - .05, high), (x, wide / 2 + .05, high), .018, frame, sides=6)
        y = -wide / 2 + .06
        while y < wide / 2 - .05:
            garment(rng, shape, x, y, high - .02)
            y += rng.uniform(.05, .17)
    if rng.random() < .4:
        table(rng, shape, .9, 0, wide * .8, .6, .75)
        goods(rng, shape, .9, 0, .76, .55, wide * .75, "folded")
    return cover(rng, shape, 0, wide, .9 * n, (.15, .3, .1)), max(.8, n * .7), wide


def crate_steps(rng, shape):
    steps, wide, deep, rise = rng.randint(2, 4), rng.uniform(1.0, 3.0), rng.uniform(.34, .45), rng.uniform(.16, .3)
    frame, each, theme = wood(rng), rng.uniform(.4, .6), rng.choice(["fruit", "fruit", "veg", "both"])
    n = max(2, int(wide / each))
    for k in range(steps):
        x, top = (steps / 2 - k - .5) * deep, rise * (k + .6)
        shape.box((x, 0, top / 2), (deep * .95, wide, top), frame)
        for j in range(n):
            y = wide * ((j + .5) / n - .5)
            crate(rng, shape, x, y, top, deep * .94, wide / n * .94, .13)
            fill = heap_of_fruit if theme == "fruit" or theme == "both" and rng.random() < .5 else greens
            fill(rng, shape, x, y, top + .08, deep * .82, wide / n * .84)
            if rng.random() < .25:
                shape.box((x + deep * .4, y, top + .22), (.006, .16, .11), plain("tag", rng.choice([(.8, .75, .1), (.85, .85, .8), (.7, .1, .1)]), .6))
    shades = cover(rng, shape, 0, wide, deep * steps, (.25, .25, .2))
    return shades, deep * steps, wide


def car_boot(rng, shape):
    """A car's open boot with wares in it and before it."""
    body = rng.choice(["suv", "van"])
    vehicles.car(-2.95, 0, math.pi, paint(rng, .6), body)
    car, top = instances()[-1], 1.63 if body == "suv" else 1.9
    skin = plain("hatch", grey(rng), .3, .3)
    shape.add([(-.65, -.6, top), (-.65, .6, top), (.25, .55, top + .3), (.25, -.55, top + .3)], [(0, 1, 2, 3)], skin)
    shape.box((-.62, 0, .95), (.12, 1.25, .95), plain("hollow", (.012, .012, .013), .9))
    goods(rng, shape, -.42, 0, .85, .34, 1.15, rng.choice(THEMES))
    shape.box((-.42, 0, .82), (.36, 1.2, .05), coat(rng))
    if rng.random() < .75:
        wide = rng.uniform(1.2, 2.2)
        if rng.random() < .5:
            table(rng, shape, .45, 0, wide, .6, .7)
            goods(rng, shape, .45, 0, .71, .55, wide * .92, rng.choice(THEMES))
        else:
            for j in range(int(wide / .45)):
                y = (j + .5) * .45 - wide / 2
                crate(rng, shape, .3, y, 0, .4, .42, .25)
                heap_of_fruit(rng, shape, .3, y, .2, .34, .36)
    shades = [parasol(rng, shape, .2, rng.choice([-1, 1]))] if rng.random() < .3 else []
    return shades, 1.2, 1.8, car


def flower_buckets(rng, shape):
    rows, wide, spread = rng.randint(1, 4), rng.uniform(1.0, 2.8), rng.uniform(.27, .4)
    bucket = coat(rng)
    for k in range(rows):
        stand_high = k * rng.choice([0, .18, .25])
        x = (rows / 2 - k - .5) * spread
        if stand_high:
            shape.box((x, 0, stand_high / 2), (spread, wide, stand_high), wood(rng))
        for j in range(int(wide / spread)):
            y, high = (j + .5) * spread - wide / 2, rng.uniform(.2, .35)
            shape.tube((x, y, stand_high), (x, y, stand_high + high), .09, bucket if rng.random() < .7 else coat(rng), .13, 10)
            bush(rng, shape, x, y, stand_high + high * .8, rng.uniform(.28, .5), hue(rng, (.5, 1), (.6, .95)) if rng.random() < .85 else None)
    return cover(rng, shape, 0, wide, rows * spread, (.3, .2, .1)), rows * spread, wide


def barbecue(rng, shape):
    wide, deep, high = rng.uniform(.9, 2.0), rng.uniform(.3, .6), rng.uniform(.75, .95)
    body = coat(rng, grey(rng, .01, .1)) if rng.random() < .5 else metal(rng)
    shape.box((0, 0, high - .1), (deep, wide, .2), body, 0, 1.1)
    for sx in (-1, 1):
        for sy in (-1, 1):
            shape.tube((sx * deep * .42, sy * wide * .45, 0), (sx * deep * .42, sy * wide * .45, high - .15), .018, steel(), sides=6)
    shape.box((0, 0, high), (deep * .95, wide * .95, .02), plain("coals", (.05, .015, .008), .9, mottle=.5, scale=40, emit=.15))
    meat, y = plain("meat", near(rng, (.22, .08, .03)), .5, mottle=.4, scale=50), -wide * .44
    while y < wide * .44:
        shape.tube((-deep * .5, y, high + .03), (deep * .65, y, high + .03), .006, wood(rng), sides=4)
        shape.box((0, y, high + .03), (deep * .6, .03, .03), meat)
        y += rng.uniform(.05, .12)
    if rng.random() < .5:
        top = high + rng.uniform(.6, .9)
        shape.box((0, 0, top), (deep * 1.5, wide, .25), metal(rng), 0, .5)
        for sy in (-1, 1):
            shape.tube((-deep * .5, sy * wide * .48, high), (-deep * .5, sy * wide * .48, top), .015, steel(), sides=5)
    side = rng.choice([-1, 1])
    table(rng, shape, 0, side * (wide / 2 + .55), 1.0, .6, .75)
    goods(rng, shape, 0, side * (wide / 2 + .55), .76, .5, .9, rng.choice(["trays", "bottles", "packets"]))
    shape.tube((-.5, -side * wide * .4, 0), (-.5, -side * wide * .4, .5), .15, coat(rng, hue(rng)))
    if rng.random() < .5:
        lettering(rng, shape, deep / 2 + .02, 0, high * .5, wide * .8, .3)
    return cover(rng, shape, side * .4, wide + .8, .8, (.35, .3, .1)), .8, wide + 1


def drinks(rng, shape):
    """Cool boxes and cartons about a small table, often under one big parasol."""
    for _ in range(rng.randint(1, 3)):
        x, y, colour = rng.uniform(-.3, .5), rng.uniform(-.8, .8), coat(rng)
        shape.box((x, y, .22), (.4, .6, .44), colour)
        shape.box((x, y, .46), (.42, .62, .06), plain("lid", (.8, .8, .78), .5))
    table(rng, shape, 0, 0, rng.uniform(.7, 1.2), .5, .7)
    goods(rng, shape, 0, 0, .71, .45, .7, rng.choice(["bottles", "fruit", "packets"]))
    stores(rng, shape, -.6, -.9, .9)
    return cover(rng, shape, 0, 1.4, .7, (.7, .1, .1)), .8, 1.6


def display_wall(rng, shape):
    """A panel of hanging wares, alone or behind a table."""
    wide, high, low = rng.uniform(.9, 2.0), rng.uniform(1.2, 1.9), rng.uniform(.1, .6)
    frame = metal(rng)
    shape.box((-.4, 0, (high + low) / 2), (.03, wide, high - low), coat(rng) if rng.random() < .5 else stripes(rng, (grey(rng), grey(rng)), .04, 2))
    for sy in (-1, 1):
        shape.tube((-.4, sy * wide * .48, 0), (-.4, sy * wide * .48, high), .018, frame, sides=6)
        shape.tube((-.65, sy * wide * .48, .02), (-.1, sy * wide * .48, .02), .018, frame, sides=6)
    n = int((high - low) / rng.uniform(.14, .3)), int(wide / rng.uniform(.12, .25))
    skins = [coat(rng) for _ in range(5)] + [printed(rng, 25)]
    for i in range(n[0]):
        for j in range(n[1]):
            if rng.random() < .92:
                at = (-.36, wide * ((j + .5) / n[1] - .5), low + (high - low) * (i + .5) / n[0])
                shape.box(at, (.04, wide / n[1] * .7, (high - low) / n[0] * .8), rng.choice(skins), rng.uniform(-.1, .1))
    if rng.random() < .6:
        table(rng, shape, .25, 0, wide, .6, .75)
        goods(rng, shape, .25, 0, .76, .55, wide * .92, rng.choice(["packets", "toys", "folded", "crockery"]))
    return cover(rng, shape, 0, wide, 1.1, (.3, .2, .1)), .9, wide


def market_wagon(rng, shape):
    """A sales trailer with its side open."""
    wide, deep, high = rng.uniform(2.4, 4.5), rng.uniform(1.6, 2.2), rng.uniform(2.2, 2.7)
    body, sill = coat(rng, paint(rng, .5), .4), rng.uniform(.95, 1.15)
    shape.box((0, 0, .3 + sill / 2 - .1), (deep, wide, sill - .2), body)
    shape.box((-deep / 2 + .05, 0, (high + sill) / 2), (.06, wide, high - sill), body)
    for sy in (-1, 1):
        shape.box((0, sy * (wide / 2 - .03), (high + sill) / 2), (deep, .06, high - sill), body)
        wheel(rng, shape, rng.uniform(-.1, .1), sy * (wide / 2 - .2) * .4, .28, .2, 0, (1, 0, 0))
    shape.box((0, 0, high), (deep, wide, .06), body)
    shape.box((deep / 2 + .12, 0, sill + .08), (.4, wide * .98, .05), metal(rng))
    goods(rng, shape, deep / 2 - .2, 0, sill + .11, .75, wide * .92, rng.choice(["trays", "bread", "fruit", "packets", "veg"]))
    shape.box((-deep / 2 + .3, 0, (high + sill) / 2), (.3, wide * .8, .03), wood(rng))
    goods(rng, shape, -deep / 2 + .3, 0, (high + sill) / 2 + .02, .25, wide * .78, rng.choice(["bottles", "packets"]))
    if rng.random() < .5:
        awning(rng, shape, deep / 2, 0, high, wide, rng.uniform(.6, 1.4))
    else:
        shape.add([(deep / 2, -wide / 2, high), (deep / 2, wide / 2, high), (deep / 2 + .9, wide / 2, high + .35), (deep / 2 + .9, -wide / 2, high + .35)], [(0, 1, 2, 3)], body)
    lettering(rng, shape, deep / 2 + .01, 0, .3 + sill * .35, wide * rng.uniform(.5, .9), sill * .4)
    shape.tube((0, wide / 2, .35), (0, wide / 2 + .8, .35), .04, steel())
    return [], deep, wide


def heap_on_ground(rng, shape):
    """Melons, cabbages or sacks in a heap on straw or cloth."""
    wide, size = rng.uniform(.9, 2.2), rng.uniform(.09, .16)
    shape.box((0, 0, .01), (wide * .8, wide, .02), cloth(rng))
    skins = [plain("melon", near(rng, rng.choice([(.06, .16, .03), (.5, .45, .08), (.25, .4, .12), (.6, .25, .03)]), .3), .45, mottle=.4, scale=12) for _ in range(3)]
    for level in range(3):
        reach = .38 - .13 * level
        for _ in range(int(20 * reach * wide / 2 / size * .35)):
            shape.blob((rng.uniform(-reach, reach) * wide * .8, rng.uniform(-reach, reach) * wide, size * (.95 + 1.5 * level)), (size, size * rng.uniform(.95, 1.35), size), rng.choice(skins), 9, 7)
    if rng.random() < .5:
        shape.box((wide * .42, 0, .3), (.02, .4, .3), cardboard())
    stores(rng, shape, -wide * .5 - .3, -wide / 2, wide / 2)
    return cover(rng, shape, 0, wide, wide * .8, (.4, .05, .1)), wide * .8, wide


FAMILIES = ((tables, 20), (tricycle_stall, 12), (cart, 9), (food_cart, 10), (breakfast, 6), (ground_sheet, 11), (clothes_rails, 9), (crate_steps, 9),
            (car_boot, 3), (flower_buckets, 6), (barbecue, 6), (drinks, 5), (display_wall, 5), (market_wagon, 4), (heap_on_ground, 4))


def stall(rng):
    """Builds one; its name is returned."""
    family = rng.choices([f for f, _ in FAMILIES], [w for _, w in FAMILIES])[0]
    shape = Shape()
    shades, deep, wide, *carrier = family(rng, shape)
    if family is tricycle_stall:
        whole = shades[0]
        if shape.vertices:
            rest = register(shape.place("stand"), "part")
            whole.also.append(rest.id)
        vendor_x = -.95
    else:
        whole = register(shape.place("stall"), "stall", [s.id for s in shades])
        vendor_x = -deep / 2 - rng.uniform(.3, .6)
    if carrier:
        vendor_x = rng.uniform(.2, .6)
    inside = family is market_wagon
    if rng.random() < .62:
        y = rng.uniform(-.35, .35) * wide
        if inside:
            stand(rng, -.1, y, 0).thing.location.z = .35
        elif carrier:
            stand(rng, vendor_x, rng.choice([-1, 1]) * (wide / 2 + .3), rng.uniform(-1.6, 1.6))
        elif rng.random() < .35:
            sit(rng, vendor_x, y, rng.gauss(0, .5))
            stool = Shape()
            stool.box((0, 0, .225), (.3, .3, .45), coat(rng), .3, .85)
            whole.also.append(register(stool.place("stool", (vendor_x - .08, y, 0)), "part").id)
        else:
            stand(rng, vendor_x, y, 0)
    for _ in range(rng.choice([0, 0, 0, 1, 1, 2, 3])):
        front = (.95 if inside else 0) + deep / 2 + rng.uniform(.35, .8) + (.6 if carrier else 0)
        stand(rng, front, rng.uniform(-.55, .55) * wide, math.pi)
    return family.__name__
