"""Frames of a video."""
import cv2


def frames(path, first, end, step):
    """(frame number, picture) of a video."""
    video, number = cv2.VideoCapture(str(path)), 0
    while number < end:
        more, picture = video.read()
        if not more:
            return
        if number >= first and (number - first) % step == 0:
            yield number, picture
        number += 1
