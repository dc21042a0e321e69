"""Reads a stream as a library does, and prints each picture: the time, and 16x12 grey pixels or the bytes.

    reader.py READER URL
"""

import base64
import ctypes
import itertools
import os
import sys
import time

SIZE = (16, 12)


def show(pixels):
    print(time.time(), "grey", bytes(pixels).hex(), flush=True)


def deliver(body):
    print(time.time(), "body", base64.b64encode(body).decode(), flush=True)


def opencv(url):
    import cv2

    capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG)
    while True:
        is_read, picture = capture.read()
        if not is_read:
            return
        at = time.time()
        grey = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), SIZE, interpolation=cv2.INTER_AREA)
        print(at, "grey", grey.tobytes().hex(), flush=True)


def vlc(url):
    library = ctypes.CDLL("libvlc.so.5")
    for name in "new", "media_new_location", "media_player_new_from_media":
        getattr(library, "libvlc_" + name).restype = ctypes.c_void_p
    options = [b"--intf=dummy", b"--no-audio", b"--network-caching=300", b"--no-drop-late-frames", b"--no-skip-frames",
               b"--no-video-title-show", b"--no-plugins-cache", b"--no-lua"]
    instance = ctypes.c_void_p(library.libvlc_new(len(options), (ctypes.c_char_p * len(options))(*options)))
    media = ctypes.c_void_p(library.libvlc_media_new_location(instance, url.encode()))
    player = ctypes.c_void_p(library.libvlc_media_player_new_from_media(media))
    # Pixels have 32 bits, and VLC writes somewhat more than it is asked for. It may draw the next picture before the
    # last one is shown.
    buffers = [(ctypes.c_ubyte * (SIZE[0] * 4 * (SIZE[1] + 32)))() for _ in range(64)]
    drawn = itertools.count()
    lock = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p))
    display = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)

    @lock
    def locked(_, planes):
        number = next(drawn)
        planes[0] = ctypes.addressof(buffers[number % len(buffers)])
        # None would be a null pointer.
        return number + 1

    @display
    def displayed(_, number):
        pixels = buffers[(number - 1) % len(buffers)]
        blue, green, red = (bytes(pixels)[i : SIZE[0] * SIZE[1] * 4 : 4] for i in range(3))
        show([int(0.114 * b + 0.587 * g + 0.299 * r) for b, g, r in zip(blue, green, red)])

    library.libvlc_video_set_callbacks(player, locked, None, displayed, None)
    library.libvlc_video_set_format(player, b"RV32", SIZE[0], SIZE[1], SIZE[0] * 4)
    library.libvlc_media_player_play(player)
    # The states are 6 for the end and 7 for an error.
    while library.libvlc_media_player_get_state(player) not in (6, 7):
        time.sleep(0.02)
    # Its threads still call the functions above, and stopping them can wait for the network.
    sys.stdout.flush()
    os._exit(0)


def soi_eoi_scanner(url):
    import urllib.request

    stream, data = urllib.request.urlopen(url), b""
    while chunk := stream.read(1024):
        data += chunk
        start, end = data.find(b"\xff\xd8"), data.find(b"\xff\xd9")
        if start != -1 and end != -1:
            deliver(data[start : end + 2])
            data = data[end + 2 :]


def aiohttp(url):
    import asyncio

    import aiohttp as library

    async def read():
        async with library.ClientSession() as session, session.get(url) as response:
            reader = library.MultipartReader.from_response(response)
            while (part := await reader.next()) is not None:
                deliver(await part.read())

    asyncio.run(read())


READERS = {read.__name__: read for read in (opencv, vlc, soi_eoi_scanner, aiohttp)}

if __name__ == "__main__":
    READERS[sys.argv[1]](sys.argv[2])
