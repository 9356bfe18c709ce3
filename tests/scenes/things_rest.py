# SPDX-License-Identifier: GPL-3.0-or-later
"""Random rubbish without a bin, and cargo tricycles."""
import math

import vehicles
from materials import plain, rubber
from shapes import Shape, instances, register
from things_looks import BAG, LITTER, bag, carton, cloth, coat, concrete, glass, lettering, near, paint, stripes, wood
from things_people import ride, stand


def litter(rng, shape, x, y, spread, count):
    for _ in range(count):
        px, py, kind = x + rng.gauss(0, spread), y + rng.gauss(0, spread), rng.random()
        skin = plain("scrap", near(rng, rng.choice(LITTER)), .7)
        if kind < .7:
            shape.box((px, py, .012), (rng.uniform(.04, .16), rng.uniform(.04, .14), .02), skin, rng.random() * 3, rng.uniform(.4, 1))
        elif kind < .9:
            shape.tube((px, py, .035), (px + .12 * math.cos(kind * 60), py + .12 * math.sin(kind * 60), .035), .033, skin, sides=8)
        else:
            shape.blob((px, py, .05), (.07, .08, .05), skin, 7, 5, .5, rng)


def bags(rng, shape, spread, count):
    own = rng.choice(BAG) if rng.random() < .6 else None
    for i in range(count):
        size = rng.uniform(.14, .36)
        lift = rng.uniform(.15, .4) if i > count * .6 and count > 3 else 0
        reach = spread * (.45 if lift else 1)
        bag(rng, shape, rng.gauss(0, reach * .5), rng.gauss(0, reach * .5), lift, size, own if own and rng.random() < .8 else None)


def cartons(rng, shape, spread, count):
    for _ in range(count):
        x, y = rng.gauss(0, spread * .5), rng.gauss(0, spread * .5)
        top = carton(rng, shape, x, y, 0)
        if rng.random() < .35:
            carton(rng, shape, x, y, top)
    for _ in range(rng.randint(0, 4)):  # flattened ones
        shape.box((rng.gauss(0, spread * .6), rng.gauss(0, spread * .6), rng.uniform(.01, .04)), (rng.uniform(.4, 1), rng.uniform(.3, .7), .015), plain("flat", near(rng, (.4, .27, .14)), .8), rng.random() * 3)


def sacks(rng, shape, spread, count):
    skin = plain("sack", near(rng, rng.choice([(.6, .58, .5), (.45, .4, .28), (.7, .7, .68), (.15, .3, .12)])), .9, mottle=.2, scale=9, bump=.6)
    for i in range(count):
        shape.blob((rng.gauss(0, spread * .5), rng.gauss(0, spread * .5), .12 + .16 * (i // 4)), (rng.uniform(.25, .4), rng.uniform(.16, .26), .13), skin, 10, 7, .2, rng)
    stone = concrete(rng)
    for _ in range(rng.randint(0, 25)):
        r = rng.uniform(.03, .14)
        shape.blob((rng.gauss(0, spread * .6), rng.gauss(0, spread * .6), r * .6), (r, r * rng.uniform(.6, 1.2), r * .8), stone, 6, 4, .5, rng)


def furniture_wreck(rng, shape, spread):
    kind = rng.choice(["mattress", "planks", "sofa", "chairs", "cupboard", "appliance", "tyres"])
    x, y, turn = rng.gauss(0, spread * .3), rng.gauss(0, spread * .3), rng.random() * 3.1
    if kind == "mattress":
        skin = stripes(rng, ((.7, .68, .62), paint(rng)), .06) if rng.random() < .4 else plain("mattress", near(rng, (.65, .62, .55)), .9, mottle=.15)
        if rng.random() < .5:
            shape.box((x, y, .11), (rng.uniform(1.7, 2), rng.uniform(.8, 1.6), .2), skin, turn)
        else:
            shape.box((x, y, .5), (rng.uniform(1.6, 2), .2, 1.0), skin, turn)
    elif kind == "planks":
        for i in range(rng.randint(4, 14)):
            shape.box((x + rng.gauss(0, .15), y + rng.gauss(0, .15), .03 + .035 * i), (rng.uniform(.8, 2), rng.uniform(.08, .3), .025), wood(rng), turn + rng.gauss(0, .35))
    elif kind == "sofa":
        skin = cloth(rng)
        shape.box((x, y, .24), (.85, 1.7, .42), skin)
        shape.box((x - .36, y, .55), (.2, 1.7, .6), skin)
        for side in (-1, 1):
            shape.box((x, y + side * .8, .42), (.85, .18, .5), skin)
    elif kind == "chairs":
        for _ in range(rng.randint(1, 4)):
            cx, cy, skin = x + rng.gauss(0, .4), y + rng.gauss(0, .4), wood(rng)
            shape.box((cx, cy, .45), (.42, .42, .04), skin)
            shape.box((cx - .2, cy, .7), (.03, .42, .5), skin)
            for sx in (-1, 1):
                for sy in (-1, 1):
                    shape.tube((cx + sx * .18, cy + sy * .18, 0), (cx + sx * .18, cy + sy * .18, .45), .02, skin, sides=6)
    elif kind == "cupboard":
        skin, size = wood(rng), (rng.uniform(.4, .6), rng.uniform(.6, 1.2), rng.uniform(.6, 1.8))
        shape.box((x, y, size[2] / 2), size, skin, turn)
        shape.box((x + .45, y + .3, .04), (size[2] * .8, size[1] * .5, .03), skin, turn + 1)
    elif kind == "appliance":
        high = rng.uniform(.8, 1.6)
        shape.box((x, y, high / 2), (.6, .6, high), plain("enamel", (.7, .7, .68), .3, mottle=.1), turn)
        shape.tube((x + .2, y, high * .6), (x + .33, y, high * .6), .17, glass())
    else:
        for i in range(rng.randint(2, 6)):
            shape.ring((x + rng.gauss(0, .3), y + rng.gauss(0, .3), .11 + .2 * (i // 3)), (rng.gauss(0, .1), rng.gauss(0, .1), 1), .26, .1, rubber(), 16)


def pile(rng, shape, scale=1.0):
    """One heap about the origin; returns what it is made of."""
    spread = rng.uniform(.25, .9) * scale
    made = rng.choices(["bags", "cartons", "mixed", "sacks", "bulky", "litter"], [30, 14, 27, 11, 15, 3])[0]
    if made in ("bags", "mixed"):
        bags(rng, shape, spread, rng.randint(2, 4 + int(14 * spread)))
    if made in ("cartons", "mixed"):
        cartons(rng, shape, spread, rng.randint(2, 3 + int(8 * spread)))
    if made == "sacks":
        sacks(rng, shape, spread, rng.randint(2, 12))
    if made == "bulky":
        furniture_wreck(rng, shape, spread)
        if rng.random() < .5:
            furniture_wreck(rng, shape, spread)
        bags(rng, shape, spread, rng.randint(0, 5))
    litter(rng, shape, 0, 0, spread * (.35 if made == "litter" else .6), rng.randint(40, 90) if made == "litter" else rng.randint(0, 30))
    return made


def garbage(rng):
    shape = Shape()
    made = pile(rng, shape)
    register(shape.place("garbage", turn=rng.uniform(0, 6.3)), "garbage_pile")
    if rng.random() < .08:
        stand(rng, rng.uniform(.9, 1.3), rng.uniform(-.6, .6), math.pi)
    return made


def tricycle(rng):
    colour = paint(rng, .25)
    roof = paint(rng) if rng.random() < .35 else None
    vehicles.tricycle(0, 0, 0, 0, colour, rng.choice([0, 0, 3, 5, 8, 10]), roof, rng.randrange(9999))
    own, shape = instances()[-1], Shape()
    kind = rng.random()
    if kind < .25:
        for _ in range(rng.randint(2, 8)):
            bag(rng, shape, rng.uniform(-1.2, -.3), rng.uniform(-.3, .3), rng.uniform(.58, .8), rng.uniform(.15, .3))
    elif kind < .4:  # a closed box body
        shape.box((-.75, 0, 1.05), (1.32, .98, rng.uniform(.8, 1.0)), coat(rng))
        if rng.random() < .6:
            lettering(rng, shape, -1.43, 0, 1.1, .7, .3, -1)
    elif kind < .5:
        for _ in range(rng.randint(4, 12)):
            shape.box((-.75 + rng.gauss(0, .1), rng.uniform(-.4, .4), rng.uniform(.62, 1.0)), (rng.uniform(1.2, 2.2), .08, .04), wood(rng), rng.gauss(0, .05))
    if shape.vertices:
        own.also.append(register(shape.place("cargo"), "part").id)
    if rng.random() < .45:
        ride(rng, .3, 0, 0, .84)
    return "tricycle"
