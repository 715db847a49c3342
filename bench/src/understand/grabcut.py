"""GrabCut of OpenCV for the bench: reads lines `WIDTH HEIGHT`, then raw RGB; answers with a raw mask.

It gets the same help as the product: none. Its rectangle leaves a fiftieth of the picture on each side.
"""

import sys

import cv2
import numpy

ROUNDS = 5
INSET = 0.02


def cut(picture):
    height, width = picture.shape[:2]
    left, top = round(INSET * width), round(INSET * height)
    mask = numpy.zeros((height, width), numpy.uint8)
    models = numpy.zeros((1, 65)), numpy.zeros((1, 65))
    cv2.setRNGSeed(1)
    rectangle = (left, top, width - 2 * left, height - 2 * top)
    cv2.grabCut(picture, mask, rectangle, *models, ROUNDS, cv2.GC_INIT_WITH_RECT)
    return numpy.where((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD), 255, 0).astype(numpy.uint8)


def main():
    cv2.setNumThreads(1)
    source, target = sys.stdin.buffer, sys.stdout.buffer
    while line := source.readline():
        width, height = map(int, line.split())
        pixels = numpy.frombuffer(source.read(3 * width * height), numpy.uint8)
        target.write(cut(numpy.ascontiguousarray(pixels.reshape(height, width, 3)[..., ::-1])).tobytes())
        target.flush()


main()
