# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens in each clip of the committed set, written as takes over time; needs no Blender.

A script gets a `Script` and fills it; times are seconds of the clip. Passers-by and traffic are drawn from the clip's seed.
`CLIPS` is the set, `NEEDS` the takes that must be rendered for it (keys, see cast.py).
"""
import math
import os
import random
from dataclasses import dataclass, field

from compose import Fault, Part

PLACES = {"stall": (-2.1, 15.6), "bin": (-3.9, 11.1), "pile": (-3.45, 12.1), "dumped": (-1.4, 10.5), "car": (1.05, 14.0), "crowd": (-2.4, 13.2),
          "sheltered": (-2.0, 14.0), "van": (1.1, 12.5), "trike": (.8, 18.2), "parasol": (-2.4, 13.4)}
_STILL = ("bin_blue/closed", "parked_silver/stands", "parked_black/stands")
_WALKS = ("walker_white/north", "walker_yellow/south", "walker_green/north", "walker_plum/south")
_NEAR, _FAR = ("van_white/passes", "car_blue/passes", "bus/passes"), ("car_red/passes", "ebike/passes")
_CROSS_NEAR, _CROSS_FAR = ("cross_bus/passes", "cross_van/passes"), ("cross_car/passes",)
LIGHTS_SECS = 24  # the street and its walkers have green at the junction for the first half, the crossing road for the second
START_SECS = 4  # who wants to cross starts this soon after green

NEEDS = {
    ("street", "day"): None,  # everything
    ("mirror", "overcast"): "bin_green bin_blue garbage cleaner walker_plum walker_green car_red van_white parked_silver lorry sheltered dumped",
    ("street", "night"): "bin_green bin_blue walker_white walker_yellow car_red van_white parked_silver",
    ("street", "dusk"): "bin_green bin_blue stall vendor customer_a trike walker_yellow walker_green car_red van_white parked_silver",
    ("street", "rain"): "bin_green bin_blue sheltered walker_plum car_red car_blue parked_silver parked_black garbage",
    ("junction", "day"): "bin_green bin_blue stall vendor customer_a trike walker_white walker_yellow car_red van_white parked_silver cross_bus cross_van cross_car",
    ("lane", "day"): "bin_green/closed bin_blue crowd_0 crowd_1 crowd_2 crowd_3 crowd_4 walker_white walker_yellow",
}


@dataclass
class Script:
    """Collects parts, events and near misses of one clip."""
    library: object
    secs: float
    seed: int
    parts: list = field(default_factory=list)
    events: list = field(default_factory=list)
    near_misses: list = field(default_factory=list)
    near_lane: list = field(default_factory=list)  # spans in which the near lane is taken

    def has(self, take):
        return os.path.exists(f"{self.library.folder}/{take.replace('/', '.')}.npz")

    def state(self, take, start=0.0, until=float("inf")):
        self.parts.append(Part(take, start, until))

    def move(self, take, start):
        """Runs a movement; returns when it ends."""
        self.parts.append(Part(take, start))
        return start + len(self.library.take(take)) / self.library.set["fps"]

    def steps(self, key, moments, until):
        """States of one thing, each until the next: `moments` = [(state, second)]."""
        for (name, start), (_, end) in zip(moments, [*moments[1:], (None, until)]):
            self.state(f"{key}/{name}", start, end)

    def event(self, name, at, start, complete=None):
        self.events.append({"event": name, "t_secs": round(start, 2), "complete_secs": round(complete if complete is not None else start, 2), "at": PLACES[at]})

    def near_miss(self, name, at, start, until):
        self.near_misses.append({"near_miss": name, "t_secs": round(start, 2), "until_secs": round(until, 2), "at": PLACES[at]})

    def street(self, walkers=2, cars=True, green="closed"):
        """Closed bins, parked cars, and passers-by from the seed."""
        rng = random.Random(f"{self.library.folder.split('/')[-2:]} {self.seed}")
        for take in _STILL + ((f"bin_green/{green}",) if green else ()):
            if self.has(take):
                self.state(take)
        walks = [w for w in _WALKS if self.has(w)]
        walks = rng.sample(walks, min(walkers, len(walks)))
        if self.at_junction:
            self._take_turns(rng, walks)
            return
        for take in walks:
            length, start = len(self.library.take(take)) / self.library.set["fps"], rng.uniform(-15, 12)
            while start < self.secs:
                self.parts.append(Part(take, round(start * 5) / 5))
                start += length + rng.uniform(4, 18)
        if not cars:
            return
        for lane in (_NEAR, _FAR):
            takes, start = [t for t in lane if self.has(t)], rng.uniform(-4, 9)
            while takes and start < self.secs:
                if lane is _FAR or not any(a - 7 < start < b + 3 for a, b in self.near_lane):
                    self.parts.append(Part(rng.choice(takes), round(start * 5) / 5))
                start += rng.uniform(10, 19)

    @property
    def at_junction(self):
        return self.library.set["layout"] == "junction"

    def when_green(self, start):
        """The first second from `start` on in which a walker may set out over the crossing road."""
        into = start % LIGHTS_SECS
        return start if not self.at_junction or into < START_SECS else start - into + LIGHTS_SECS

    def _take_turns(self, rng, walks):
        """Passers-by and both roads, each when it has green."""
        for turn in range(-1, math.ceil(self.secs / LIGHTS_SECS)):
            green = turn * LIGHTS_SECS
            take = walks[turn % len(walks)]  # who walks away is out of sight before his next turn
            # Southward the crossing comes last.
            lead = 0 if take.endswith("/north") else len(self.library.take(take)) / self.library.set["fps"] - 6
            self.parts.append(Part(take, round((green + rng.uniform(0, START_SECS) - lead) * 5) / 5))
            for lane, start in ((_NEAR, green), (_FAR, green), (_CROSS_NEAR, green + LIGHTS_SECS / 2), (_CROSS_FAR, green + LIGHTS_SECS / 2)):
                start += rng.uniform(0, START_SECS)
                if lane is not _NEAR or not any(a - 7 < start < b + 3 for a, b in self.near_lane):
                    self.parts.append(Part(rng.choice([t for t in lane if self.has(t)]), round(start * 5) / 5))


def stall(s):
    """A tricycle comes, a stall is set up, served and packed away."""
    leave = s.secs - 8
    s.near_lane += [(1, 9), (leave - 4, leave + 4)]
    here = s.move("trike/comes", 1.0)
    s.state("trike/parked", here, leave)
    s.move("trike/leaves", leave)
    serves = s.move("vendor/sets_up", here)
    pack = leave - 6.4
    s.state("vendor/serves", serves, pack + 2.0)
    s.move("vendor/packs", pack + 2.0)
    s.steps("stall", [("table", here + 1.6), ("goods", here + 2.6), ("furled", here + 4.2), ("half", here + 4.8), ("open", here + 5.2),
                      ("half", pack), ("furled", pack + .4), ("shut", pack + 2.8), ("table", pack + 3.4)], pack + 4.4)
    arrives = s.move("customer_a/comes", s.when_green(here + 8))
    if arrives + 8 < pack:
        s.state("customer_a/buys", arrives, pack - 4)
        s.move("customer_a/goes", pack - 4)
    s.event("stall_set_up", "stall", here + 1.6, here + 5.2)
    s.event("stall_leaves", "stall", pack, pack + 4.4)
    s.street()


def bin_overflows(s):
    """Rubbish gathers beside a bin, the bin overflows, a cleaner clears both."""
    cleaner = s.secs - 24
    works = s.move("cleaner/comes", cleaner)
    emptied = works + 2.4
    s.state("cleaner/works", works, emptied + .6)
    s.move("cleaner/goes", emptied + .6)
    s.steps("bin_green", [("closed", 0), ("full", 7), ("overflowing", 11), ("full", emptied - .6), ("closed", emptied)], float("inf"))
    s.steps("garbage", [("bags", 9.6), ("pile", 11.0), ("bags", works + .8)], emptied - .8)
    s.event("bin_overflows", "bin", 11.0)
    s.event("bin_emptied", "bin", emptied - .6, emptied)
    s.event("garbage_left", "pile", 9.6)
    s.event("garbage_collected", "pile", emptied - .8)
    s.street(green=None)


def garbage(s):
    """Sacks are left on the pavement and collected later."""
    works = s.move("cleaner/comes", s.secs - 22)
    s.state("cleaner/works", works, s.secs - 11.6)
    s.move("cleaner/goes", s.secs - 11.6)
    taken = s.secs - 9.8  # as the cleaner comes past
    s.state("dumped/left", 8.0, taken)
    s.event("garbage_left", "dumped", 8.0)
    s.event("garbage_collected", "dumped", taken)
    s.street(walkers=3)


def parking(s):
    """A car stops at a kerb where none may, stays, drives off."""
    s.near_lane += [(2, 10), (s.secs - 12, s.secs - 4)]
    stops = s.move("offender/comes", 2.0)
    s.state("offender/stands", stops, s.secs - 8)
    s.move("offender/leaves", s.secs - 8)
    s.event("car_parks", "car", stops - .4, stops)
    s.event("car_leaves", "car", s.secs - 8)
    s.street()


def crowd(s):
    """Five people gather on the pavement and part again; four make the crowd."""
    come = [4 + 1.4 * i for i in range(5)]
    stands = []
    for i, start in enumerate(come):
        there = s.move(f"crowd_{i}/comes", start)
        leave = s.secs - 16 + 1.6 * i
        s.state(f"crowd_{i}/stands", there, leave)
        s.move(f"crowd_{i}/goes", leave)
        stands.append(there)
    s.event("crowd_gathers", "crowd", sorted(stands)[3], max(stands))
    s.event("crowd_disperses", "crowd", s.secs - 16, s.secs - 16 + 1.6)
    s.street(walkers=2)


def sheltered(s):
    """Near miss of a stall: a person stands under an umbrella."""
    waits = s.move("sheltered/comes", 3.0)
    s.state("sheltered/waits", waits, s.secs - 8)
    s.move("sheltered/goes", s.secs - 8)
    s.near_miss("person_under_umbrella", "sheltered", waits, s.secs - 8)
    s.street()


def unloading(s):
    """Near miss of illegal parking: a van stops, cartons are carried into a shop, the van leaves."""
    s.near_lane += [(1, 9), (s.secs - 12, s.secs - 3)]
    stops = s.move("supplier/comes", 1.0)
    s.state("supplier/stands", stops, s.secs - 7)
    s.move("supplier/leaves", s.secs - 7)
    t = stops + 1
    while t + 12 < s.secs - 7:
        t = s.move("loader/returns", s.move("loader/carries", t) + 1.0) + .4
    s.near_miss("unloading", "van", stops, s.secs - 7)
    s.street()


def courier(s):
    """Near miss of a stall: a delivery tricycle stops and leaves again."""
    leave = s.secs - 14
    s.near_lane += [(2, 10), (leave - 4, leave + 4)]
    stops = s.move("courier/comes", 3.0)
    s.state("courier/parked", stops, leave)
    s.move("courier/leaves", leave)
    s.near_miss("delivery_tricycle", "trike", stops, leave)
    s.street()


def closed_parasol(s):
    """Near miss of a stall: a closed parasol stands on the pavement all the time."""
    s.state("parasol/closed")
    s.near_miss("closed_parasol", "parasol", 0, s.secs)
    s.street(walkers=3)


def full_bin(s):
    """Near miss of an overflowing bin: full to the rim, never above it."""
    s.steps("bin_green", [("closed", 0), ("full", 8)], float("inf"))
    s.near_miss("bin_full", "bin", 8, s.secs)
    s.street(green=None)


def quiet(s):
    s.street(walkers=2)


def still_overflowing(s):
    """An overflowing bin all the time: what a verification must not call cleared when the camera fails."""
    s.state("bin_green/overflowing")
    s.state("garbage/pile")
    s.event("bin_overflows", "bin", 0)
    s.event("garbage_left", "pile", 0)
    s.street(green=None)


@dataclass(frozen=True)
class Clip:
    name: str
    script: object
    layout: str
    light: str
    seed: int
    secs: float
    faults: tuple = ()


CLIPS = (
    Clip("stall_day", stall, "street", "day", 11, 60),
    Clip("stall_dusk", stall, "street", "dusk", 12, 60),
    Clip("bin_day", bin_overflows, "street", "day", 21, 60),
    Clip("bin_overcast", bin_overflows, "mirror", "overcast", 22, 50),
    Clip("garbage_day", garbage, "street", "day", 31, 50),
    Clip("parking_day", parking, "street", "day", 41, 50),
    Clip("crowd_day", crowd, "lane", "day", 51, 50),
    Clip("stall_junction", stall, "junction", "day", 92, 60),
    Clip("umbrella_rain", sheltered, "street", "rain", 61, 40),
    Clip("unloading_day", unloading, "street", "day", 62, 50),
    Clip("courier_day", courier, "street", "day", 63, 40),
    Clip("parasol_day", closed_parasol, "street", "day", 64, 30),
    Clip("bin_full_overcast", full_bin, "mirror", "overcast", 65, 30),
    Clip("quiet_day", quiet, "street", "day", 71, 40),
    Clip("quiet_night", quiet, "street", "night", 72, 40),
    Clip("fault_covered", still_overflowing, "street", "day", 81, 24, (Fault("covered", 8, 18, .95),)),
    Clip("fault_moved", still_overflowing, "street", "day", 82, 24, (Fault("moved", 10, amount=90),)),
    Clip("fault_blurred", still_overflowing, "mirror", "overcast", 83, 24, (Fault("blurred", 8, 18, 5.0),)),
    Clip("fault_frozen", quiet, "street", "day", 84, 24, (Fault("frozen", 9, 19),)),
    Clip("fault_black", quiet, "street", "night", 85, 24, (Fault("black", 9, 19),)),
    Clip("fault_dropped", quiet, "street", "day", 86, 24, (Fault("dropped", 7, 9), Fault("dropped", 14, 18))),
    Clip("fault_clock", quiet, "mirror", "overcast", 87, 24, (Fault("clock", 12, amount=-3600),)),
)
