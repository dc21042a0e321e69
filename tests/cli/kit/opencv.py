"""Reads frames from a URL with OpenCV, and prints the number of the file that each frame shows.

Arguments: the URL, the folder of the files, the number of frames. 0 means that no file matches."""

import glob
import sys

import cv2

url, folder, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
known = [cv2.imread(name) for name in sorted(glob.glob(folder + "/*.jpg"))]
stream = cv2.VideoCapture(url)
for _ in range(count):
    ok, frame = stream.read()
    if not ok:
        sys.exit("the stream ended")
    distances = [cv2.absdiff(frame, other).mean() for other in known]
    nearest = min(distances)
    print(distances.index(nearest) + 1 if nearest < 1 else 0)
