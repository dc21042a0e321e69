"""Reads frames from a URL with OpenCV, and prints for each which file of a folder it shows.

Arguments: the URL, the folder, how many frames. A frame that is none of the files is printed as 0."""

import glob
import sys

import cv2

url, folder, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
known = [cv2.imread(name) for name in sorted(glob.glob(folder + "/*.jpg"))]
stream = cv2.VideoCapture(url)
for _ in range(count):
    there, frame = stream.read()
    if not there:
        sys.exit("the stream ended")
    distances = [cv2.absdiff(frame, other).mean() for other in known]
    nearest = min(distances)
    print(distances.index(nearest) + 1 if nearest < 1 else 0)
