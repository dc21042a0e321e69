"""Servers of cameras."""
import contextlib
import os
import subprocess
import time

from .ours import ROOT, serve
from .process import free_port, needs, running


@contextlib.contextmanager
def ustreamer(frames, fps, folder):
    needs("ustreamer", "cc")
    library = os.path.join(folder, "camera.so")
    source = str(ROOT / "benches/serve/camera.c")
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    port = free_port()
    command = ["ustreamer", "--device", "/dev/fake-camera", "--format", "MJPEG", "--encoder", "HW", "--tcp-nodelay",
               "--port", str(port)]
    env = {"LD_PRELOAD": library, "FAKE_CAMERA_FRAMES": frames, "FAKE_CAMERA_FPS": str(fps), "FAKE_CAMERA_STAMP": "1"}
    with running(command, port, env) as child:
        yield f"http://127.0.0.1:{port}/stream", child.pid


@contextlib.contextmanager
def motion(frames, fps, folder):
    needs("motion")
    with serve(frames, fps) as (upstream, _):
        port, conf = free_port(), os.path.join(folder, "motion.conf")
        with open(conf, "w") as file:
            file.write(f"daemon off\nnetcam_url {upstream}\nwidth 640\nheight 480\nframerate {fps}\nstream_maxrate {fps}\n"
                       f"stream_port {port}\nstream_localhost on\nstream_quality 75\nwebcontrol_port 0\n"
                       f"movie_output off\npicture_output off\nemulate_motion off\ntarget_dir {folder}\n"
                       f"log_level 4\n")
        with running(["motion", "-n", "-c", conf], port) as child:
            # Its camera is not connected yet.
            time.sleep(4)
            yield f"http://127.0.0.1:{port}/", child.pid


@contextlib.contextmanager
def vlc(frames, fps, folder):
    needs("vlc")
    # It takes the stream for one of 25 fps.
    with serve(frames, min(fps, 25)) as (upstream, _):
        port = free_port()
        command = ["vlc", "-I", "dummy", "--no-audio", "--quiet", "--demux", "avformat", upstream, "--sout",
                   f"#standard{{access=http,mux=mpjpeg,dst=127.0.0.1:{port}/}}"]
        if os.geteuid() == 0:
            # VLC does not run as root.
            command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command]
        os.chmod(folder, 0o777)
        with running(command, port, {"HOME": folder}) as child:
            # At first it sends what it has collected.
            time.sleep(5)
            yield f"http://127.0.0.1:{port}/", child.pid
