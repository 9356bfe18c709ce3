# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens in the demonstration clip, and when: the cast, their paths, and the states of stall and bin.

Times are seconds from the clip's start. Traffic keeps right: northbound cars at x = 5.2, southbound at x = 2.8.

    0      6.8     8    10    13.2  14           38.6  40              59   62   64.4        78
    | tricycle |park| set-up |    |bags| overflows | clearing | clear and quiet |pack |gone| empty |
"""
import math
from bisect import bisect_right

import furniture
import vehicles
from furniture import PAVEMENT_METRES, Bin, Stall
from people import PHASES, Person
from shapes import instances, show

FPS = 5
DURATION_SECS = 78.0
STRIDE_METRES = 1.4  # one walking cycle
KERB_X = -.3

STALL_AT = (-2.1, 15.6)
BIN_AT = [(-3.9, 9.7), (-3.9, 11.1)]  # the second one overflows
PILE_AT = [(-3.45, 12.15), (-3.45, 12.05)]

PARKED, TABLE, GOODS, PARASOL, VENDOR_STANDS = 6.8, 8.0, 8.8, 10.0, 10.6
FIRST_BAGS, OVERFLOWS, BAGS_TAKEN, PILE_TAKEN, EMPTIED = 13.2, 14.0, 38.6, 39.4, 40.0
VENDOR_MOVES, PARASOL_DOWN, GOODS_PACKED, STALL_GONE, DRIVES_OFF = 58.6, 59.0, 60.8, 62.0, 64.4

EVENTS = [
    {"event": "stall_set_up", "t_secs": TABLE, "complete_secs": PARASOL, "at": STALL_AT},
    {"event": "bin_overflows", "t_secs": OVERFLOWS, "complete_secs": OVERFLOWS, "at": BIN_AT[1]},
    {"event": "bin_emptied", "t_secs": EMPTIED, "complete_secs": EMPTIED, "at": BIN_AT[1]},
    {"event": "stall_leaves", "t_secs": PARASOL_DOWN, "complete_secs": STALL_GONE, "at": STALL_AT},
]


class Path:
    """Keyed positions (t, x, y), joined by straight lines and smoothed over `ease_secs`; absent outside its first and last key."""

    def __init__(self, keys, ease_secs=.8):
        self.keys, self.ease = keys, ease_secs
        self.times = [k[0] for k in keys]
        self.reach = [0.0]
        for (_, ax, ay), (_, bx, by) in zip(keys, keys[1:]):
            self.reach.append(self.reach[-1] + math.hypot(bx - ax, by - ay))

    def _line(self, t, values):
        i = min(max(bisect_right(self.times, t) - 1, 0), len(self.times) - 2)
        share = min(max((t - self.times[i]) / (self.times[i + 1] - self.times[i]), 0), 1)
        return values[i] + share * (values[i + 1] - values[i])

    def covers(self, t):
        return self.times[0] <= t < self.times[-1]

    def at(self, t):
        """x, y, speed (m/s), heading, metres walked."""
        steps = [t + self.ease * (i / 8 - .5) for i in range(9)]
        xs, ys = [k[1] for k in self.keys], [k[2] for k in self.keys]
        mean = lambda values, shift=0.0: sum(self._line(s + shift, values) for s in steps) / len(steps)
        dx, dy = (mean(xs, .1) - mean(xs, -.1)) / .2, (mean(ys, .1) - mean(ys, -.1)) / .2
        return mean(xs), mean(ys), math.hypot(dx, dy), math.atan2(dy, dx), mean(self.reach)


def straight(t, x, y_from, y_to, speed):
    """One pass along the street at constant x."""
    return Path([(t, x, y_from), (t + abs(y_to - y_from) / speed, x, y_to)])


def stroll(t, northward, lane, speed=1.25):
    """A walk over the whole pavement, past stall (on its kerb side) and bins."""
    stops = [(lane - .2, 1.0), (lane - .2, 12.0), (lane + .35, 14.2), (lane + .35, 17.2), (lane - .3, 19.5), (lane - .3, 48.0)]
    stops = stops if northward else stops[::-1]
    keys, now = [(t, *stops[0])], t
    for (ax, ay), (bx, by) in zip(stops, stops[1:]):
        now += math.hypot(bx - ax, by - ay) / speed
        keys.append((now, bx, by))
    return Path(keys)


class Actor:
    """Something that moves: a thing, its paths, and how it is posed on them."""

    def __init__(self, thing, paths, person=None, rides=None, facing=None, z=None):
        self.thing, self.paths, self.person, self.rides, self.facing, self.z = thing, paths, person, rides, facing, z

    def place(self, t):
        """Moves the thing to where it is at `t`; hidden when no path covers `t`. Returns whether it is shown."""
        path = next((p for p in self.paths if p.covers(t)), None)
        show(self.thing, path is not None)
        if path is None:
            return False
        x, y, speed, heading, walked = path.at(t)
        moving = speed > .15
        turn = heading if moving else self.facing if self.facing is not None else self.thing.rotation_euler.z
        self.thing.rotation_euler.z = turn
        ground = PAVEMENT_METRES if x < KERB_X else 0.0
        self.thing.location = (x, y, ground if self.z is None else self.z)
        if self.person and self.rides is None:
            self.person.take("walk" if moving else "stand", walked / STRIDE_METRES * PHASES)
        return True


class Rider(Actor):
    """A person who sits `back` metres behind the middle of the vehicle that the path belongs to."""

    def __init__(self, person, paths, back, z):
        super().__init__(person.thing, paths, person, rides=True, z=z)
        self.back = back

    def place(self, t):
        shown = super().place(t)
        if shown:
            turn = self.thing.rotation_euler.z
            self.thing.location.x -= self.back * math.cos(turn)
            self.thing.location.y -= self.back * math.sin(turn)
        return shown


class Street:
    """The cast. `set(t)` puts every static thing into its state and every actor in its place."""

    def __init__(self):
        vehicles.car(1.05, 26.5, -math.pi / 2, (.55, .55, .57), "sedan")
        vehicles.car(1.0, 33.0, -math.pi / 2, (.02, .02, .025), "suv")
        Bin(*BIN_AT[0], -.1, (.05, .08, .2), seed=5, scale=1.15)
        self.bin = Bin(*BIN_AT[1], .05, (.02, .14, .05), heap=7, seed=2, scale=1.15)
        self.bags = furniture.garbage(*PILE_AT[0], 3, 11, .35, 0)
        self.pile = furniture.garbage(*PILE_AT[1], 9, 3, .5, 3)
        self.stall = Stall(*STALL_AT, -.1, 1, "fruit")
        blue, dark = (.15, .25, .5), (.03, .03, .03)
        self.vendor_stands = Person(-3.05, 15.4, 0, blue, dark, 1.7, "stand", PAVEMENT_METRES)
        self.trike = vehicles.tricycle(0, 0, 0, 0)
        self.load = next(c for c in self.trike.children if c.name.startswith("load"))
        self.actors = self._trade(blue, dark) + self._passers_by() + self._traffic()
        # Stand-ins for one thing carry its first id in the truth.
        stand_ins = [[self.vendor_stands.thing, self.vendor_rides.thing, self.vendor_walks.thing], [self.bags, self.pile]]
        number = {i.thing: i.id for i in instances()}
        self.alias = {number[thing]: number[group[0]] for group in stand_ins for thing in group}

    def _trade(self, blue, dark):
        self.vendor_rides = Person(0, 0, 0, blue, dark, 1.7, "ride")
        self.vendor_walks = Person(0, 0, 0, blue, dark, 1.7, "walk", poses=("walk", "stand"))
        drive = [Path([(.4, 2.5, 56), (5.0, 2.45, 25), (6.0, .9, 18.6), (6.3, .8, 18.2), (PARKED, .8, 18.2)]),
                 Path([(DRIVES_OFF, .8, 18.2), (65.2, .85, 17.0), (67.5, 1.6, 11.5), (70, 2.4, -6), (71, 2.4, -14)])]
        walk = [Path([(PARKED, .15, 18.0), (TABLE, -1.5, 17.1), (9.3, -2.95, 17.0), (10.4, -3.05, 15.4), (VENDOR_STANDS, -3.05, 15.4)], .4),
                Path([(VENDOR_MOVES, -3.05, 15.4), (59.2, -3.05, 15.5), (60.2, -2.95, 17.0), (GOODS_PACKED, -2.6, 17.1), (STALL_GONE, -1.6, 17.1), (63.9, .15, 18.0), (DRIVES_OFF, .15, 18.0)], .4)]
        clean = Path([(10, -1.75, 49), (33.6, -1.6, 19.5), (35, -1.05, 17.2), (36.4, -1.1, 14.4), (37.8, -2.75, 13.1), (EMPTIED + .6, -2.8, 13.0), (42.2, -1.5, 11), (50, -1.45, 1)])
        first = Path([(11.5, -1.3, 1.5), (20.3, -1.3, 12.5), (22.5, -1.15, 15.3), (32.6, -1.15, 15.3), (34.2, -1.1, 17.2), (36, -1.7, 19.5), (58, -1.7, 47)])
        second = Path([(36, -1.4, 35), (48, -1.45, 19.5), (50.6, -1.1, 16.2), (57, -1.1, 16.2), (60, -1.3, 12.5), (69, -1.3, 1)])
        customers = [Person(0, 0, 0, top, (.04, .05, .1), h, "stand", poses=("walk", "stand")) for top, h in (((.6, .1, .1), 1.66), ((.55, .5, .42), 1.72))]
        cleaner = Person(0, 0, 0, (.75, .25, .0), (.03, .05, .12), 1.7, "stand", poses=("walk", "stand"))
        return [
            Actor(self.trike, drive, z=0), Rider(self.vendor_rides, drive, -.28, 0),
            Actor(self.vendor_walks.thing, walk, self.vendor_walks), Actor(cleaner.thing, [clean], cleaner, facing=-2.4),
            Actor(customers[0].thing, [first], customers[0], facing=math.pi), Actor(customers[1].thing, [second], customers[1], facing=math.pi - .3)]

    def _passers_by(self):
        looks = [((.7, .7, .68), (.05, .06, .12), 1.74), ((.6, .45, .05), (.02, .02, .03), 1.66), ((.05, .3, .2), (.1, .09, .08), 1.70), ((.35, .08, .3), (.03, .03, .05), 1.62)]
        walks = [[stroll(-17, True, -1.15), stroll(23, False, -1.65, 1.2), stroll(62, True, -1.2)],
                 [stroll(-10, False, -1.6), stroll(29, True, -1.25, 1.3), stroll(66, False, -1.7)],
                 [stroll(3, True, -1.2, 1.3), stroll(43, False, -1.7)],
                 [stroll(15, False, -1.7, 1.35), stroll(53, True, -1.15, 1.2)]]
        people = [Person(0, 0, 0, top, trousers, h, "stand", poses=("walk", "stand")) for top, trousers, h in looks]
        return [Actor(p.thing, w, p) for p, w in zip(people, walks)]

    def _traffic(self):
        north = lambda t, v=8.5, x=5.2: straight(t, x, -8, 88, v)
        south = lambda t, v=8.0, x=2.8: straight(t, x, 88, -10, v)
        red = vehicles.car(0, 0, 0, (.35, .02, .02), "sedan")
        white = vehicles.car(0, 0, 0, (.7, .7, .68), "van")
        dark = vehicles.car(0, 0, 0, (.03, .06, .2), "suv")
        bus = vehicles.bus(0, 0, 0, (.05, .3, .25))
        bike = vehicles.ebike(0, 0, 0, (.5, .02, .02))
        courier = Person(0, 0, 0, (.1, .3, .6), (.03, .03, .04), 1.7, "ride")
        rides = [north(25, 6, 6.2), north(52, 6, 6.2), north(71, 6, 6.2)]
        return [Actor(red, [north(.6), south(33), north(59)], z=0), Actor(white, [south(7.5), north(43.5), south(70)], z=0),
                Actor(dark, [north(17), south(48.5), north(66)], z=0), Actor(bus, [south(24, 7)], z=0),
                Actor(bike, rides, z=0), Rider(courier, rides, .28, -.1)]

    def set_statics(self, t):
        """Stall, bin, rubbish, the parked tricycle and the standing vendor. Returns a key: equal keys look the same."""
        between = lambda a, b: a <= t < b
        state = {
            "trike": between(PARKED, DRIVES_OFF), "load": not between(GOODS, STALL_GONE),
            "table": between(TABLE, STALL_GONE), "goods": between(GOODS, GOODS_PACKED), "parasol": between(PARASOL, PARASOL_DOWN),
            "vendor": between(VENDOR_STANDS, VENDOR_MOVES), "overflow": between(OVERFLOWS, EMPTIED),
            # The first bags stand for the start of the pile, and for what is left of it while it is cleared.
            "bags": between(FIRST_BAGS, OVERFLOWS) or between(BAGS_TAKEN, PILE_TAKEN), "pile": between(OVERFLOWS, BAGS_TAKEN)}
        show(self.trike, state["trike"])
        show(self.load, state["trike"] and state["load"])
        if state["trike"]:
            self.trike.location, self.trike.rotation_euler.z = (.8, 18.2, 0), -math.pi / 2
        show(self.stall.frame, state["table"])
        for part, name in ((self.stall.goods, "goods"), (self.stall.pole, "parasol"), (self.stall.canopy, "parasol")):
            show(part, state[name])
        show(self.vendor_stands.thing, state["vendor"])
        self.bin.set_overflowing(state["overflow"])
        show(self.bags, state["bags"])
        show(self.pile, state["pile"])
        if not state["trike"]:
            state["load"] = False
        return "+".join(k for k, v in state.items() if v) or "empty"

    def set_actors(self, t):
        """Places what moves (after `set_statics`). Returns the things that are shown and moving."""
        moving = []
        for actor in self.actors:
            if actor.thing == self.trike and PARKED <= t < DRIVES_OFF:
                continue
            if actor.place(t):
                moving.append(actor.thing)
        return moving

    def hide_actors(self, t):
        for actor in self.actors:
            if not (actor.thing == self.trike and PARKED <= t < DRIVES_OFF):
                show(actor.thing, False)
