"""The classes of street-nano, in the order of its output, and where each one is taught.

In our own run the classes that COCO has come from the teacher (untouched YOLOX-nano), all others from labels. In a run on a city's
data the teacher is the network it starts from, which knows all of them: labels overrule it, and classes known to be absent.
"""
NAMES = ("person bicycle motorcycle car bus truck tricycle umbrella chair dining_table dog "
         "bin bin_overflowing garbage_pile stall").split()
COCO = ("person bicycle car motorcycle airplane bus train truck boat traffic_light fire_hydrant stop_sign parking_meter bench bird cat dog "
        "horse sheep cow elephant bear zebra giraffe backpack umbrella handbag tie suitcase frisbee skis snowboard sports_ball kite "
        "baseball_bat baseball_glove skateboard surfboard tennis_racket bottle wine_glass cup fork knife spoon bowl banana apple sandwich "
        "orange broccoli carrot hot_dog pizza donut cake chair couch potted_plant bed dining_table toilet tv laptop mouse remote keyboard "
        "cell_phone microwave oven toaster sink refrigerator book clock vase scissors teddy_bear hair_drier toothbrush").split()
BINS = [NAMES.index(n) for n in ("bin", "bin_overflowing", "garbage_pile")]
# Kept classes believed even on top of a bin or a pile; the teacher also calls bins suitcases and garbage dogs.
SURE = [NAMES.index(n) for n in ("person", "bicycle", "motorcycle", "car", "bus", "truck", "umbrella")]

WIDTH_PX, HEIGHT_PX, STRIDES = 640, 384, (8, 16, 32)
IGNORED = -1  # class of a label that neither counts nor harms
VISIBLE_MIN = 0.5  # share of a thing that must show for its label to count; from less one can't tell what it is
GREY = 114  # letterbox value of the start network


class Roles:
    """Which classes the teacher knows, and in which rows of its own output they stand; the rest come from labels alone."""

    def __init__(self, teacher_names):
        self.kept = [i for i, name in enumerate(NAMES) if name in teacher_names]
        self.in_teacher = [teacher_names.index(NAMES[i]) for i in self.kept]
        self.taught = [i for i in range(len(NAMES)) if i not in self.kept]
