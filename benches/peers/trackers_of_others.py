"""Other people's trackers behind one call: boxes and scores of a frame in, ids and boxes out, in pixels.

Each is made anew for a sequence, with its own defaults; where it takes a frame rate, a second row gives it the true one. What
each hands out is what it gives its users: `trackers` and supervision the detection's box, the others a filtered one.
"""

from collections.abc import Callable

import numpy as np

Rows = list[tuple[int, np.ndarray]]  # id, (x1, y1, x2, y2)
Step = Callable[[np.ndarray, np.ndarray], Rows]


def sort_original(_fps: float) -> Step:
    from sort_tracker import Sort

    tracker = Sort()
    return lambda boxes, scores: [(int(row[-1]), row[:4]) for row in tracker.update(np.column_stack([boxes, scores, np.zeros(len(scores))]))]


class Tensor(np.ndarray):
    """ocsort 0.0.2 takes torch tensors and at once asks each slice for its numpy()."""

    def numpy(self) -> np.ndarray:
        return np.asarray(self)


def ocsort_original(_fps: float) -> Step:
    import ocsort.kalmanfilter as kalmanfilter
    from ocsort import OCSort

    # Written when numpy still turned an array of one number into that number.
    kalmanfilter.float = lambda value: float(np.asarray(value).item())
    tracker = OCSort()
    return lambda boxes, scores: [
        (int(row[4]), row[:4].astype(float))
        for row in tracker.update(np.column_stack([boxes, scores, np.zeros(len(scores))]).view(Tensor), None)
    ]


def detections(boxes: np.ndarray, scores: np.ndarray):
    import supervision

    return supervision.Detections(xyxy=boxes, confidence=scores, class_id=np.zeros(len(scores), int))


def labelled(update: Callable) -> Step:
    """Of supervision's detections, those that were given an id."""

    def step(boxes: np.ndarray, scores: np.ndarray) -> Rows:
        done = update(detections(boxes, scores))
        ids = done.tracker_id if done.tracker_id is not None else []
        return [(int(i), box) for i, box in zip(ids, done.xyxy) if i >= 0]

    return step


def supervision_bytetrack(fps: float | None) -> Step:
    import supervision

    tracker = supervision.ByteTrack(**({"frame_rate": fps} if fps else {}))
    return labelled(tracker.update_with_detections)


def roboflow(name: str) -> Callable[[float | None], Step]:
    def make(fps: float | None) -> Step:
        import trackers

        return labelled(getattr(trackers, name)(**({"frame_rate": fps} if fps else {})).update)

    return make


def norfair(**settings) -> Callable[[float], Step]:
    """norfair has no default for the distance; IoU is what its box examples take. All that it calls active is taken."""

    def make(_fps: float) -> Step:
        import norfair as library

        tracker = library.Tracker(distance_function="iou", **settings)

        def step(boxes: np.ndarray, scores: np.ndarray) -> Rows:
            seen = [library.Detection(points=box.reshape(2, 2), scores=np.array([s, s])) for box, s in zip(boxes, scores)]
            return [(thing.id, thing.estimate.reshape(4)) for thing in tracker.update(detections=seen)]

        return step

    return make


# name -> maker, and whether a frame rate can be given
PEERS: dict[str, tuple[Callable, bool]] = {
    "SORT (sort-tracker-py)": (sort_original, False),
    "SORT (trackers)": (roboflow("SORTTracker"), True),
    "ByteTrack (supervision)": (supervision_bytetrack, True),
    "ByteTrack (trackers)": (roboflow("ByteTrackTracker"), True),
    "norfair, IoU distance 0.7": (norfair(distance_threshold=0.7), False),
    "norfair, as its MOT demo": (norfair(distance_threshold=0.9, hit_counter_max=2, pointwise_hit_counter_max=3), False),
    "OC-SORT (ocsort)": (ocsort_original, False),
    "OC-SORT (trackers)": (roboflow("OCSORTTracker"), True),
}
