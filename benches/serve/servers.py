"""The servers that are measured: how each is started on a port of its own, and ended whatever happens."""

import contextlib
import dataclasses
import glob
import os
import shutil
import signal
import socket
import subprocess
import time

import clients

HERE = os.path.dirname(os.path.abspath(__file__))
MJPEG = os.path.join(HERE, "..", "..", "target", "release", "mjpeg")
START_S = 5


@dataclasses.dataclass
class Server:
    """A server that listens. `clock` says where its frames tell their time: "field" is X-Timestamp of
    the part, "com" a COM segment after SOI, None nowhere."""

    name: str
    pid: int
    port: int
    path: str
    clock: str | None


class Servers:
    """What can be started here. Temporary files go to `folder`."""

    def __init__(self, folder, limit, fps):
        self.folder, self.limit, self.fps = folder, limit, fps
        self.camera = build_camera(folder)
        self.names = ["serve"] + ["limit"] * bool(limit) + ["nginx"] * bool(shutil.which("nginx"))
        self.names += ["ustreamer"] * bool(self.camera) + ["ffmpeg"] * bool(shutil.which("ffmpeg"))

    @contextlib.contextmanager
    def start(self, name, frames, stamp=False):
        """Serves the directory `frames`; with `stamp` each frame tells its time, where there is a way."""
        with contextlib.ExitStack() as stack:
            env, port = {}, free_port()
            if name == "serve":
                command = [MJPEG, "serve", frames, "--fps", str(self.fps), "--listen", f"127.0.0.1:{port}"]
                path, clock = "/stream", "field"
            elif name == "limit":
                command = [self.limit, "--mode", "epoll", "--port", str(port), "--frames", frames]
                command += ["--fps", str(self.fps)] + ["--stamp"] * stamp
                path, clock = "/", "com"
            elif name == "nginx":
                upstream = stack.enter_context(self.start("serve", frames))
                command = ["nginx", "-c", self.nginx_conf(port, upstream), "-p", self.folder]
                path, clock = "/", upstream.clock
            elif name == "ustreamer":
                env = {"LD_PRELOAD": self.camera, "FAKE_CAMERA_FRAMES": frames, "FAKE_CAMERA_FPS": str(self.fps)}
                env |= {"FAKE_CAMERA_STAMP": "1"} if stamp else {}
                command = ["ustreamer", "--device", "/dev/fake-camera", "--format", "MJPEG", "--encoder", "HW"]
                command += ["--tcp-nodelay", "--port", str(port)]
                path, clock = "/stream", "com"
            else:
                command = ["ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-framerate", str(self.fps)]
                command += ["-pattern_type", "glob", "-i", f"{frames}/*.jpg", "-c", "copy", "-f", "mpjpeg"]
                command += ["-listen", "1", f"http://127.0.0.1:{port}/"]
                path, clock = "/", None
            process = stack.enter_context(running(command, env, port, os.path.join(self.folder, name + ".log")))
            yield Server(name, process.pid, port, path, clock)

    def nginx_conf(self, port, upstream):
        folder, conf = self.folder, os.path.join(self.folder, "nginx.conf")
        with open(conf, "w") as file:
            file.write(
                f"daemon off; pid {folder}/pid; error_log {folder}/error; worker_processes 1;\n"
                "events { worker_connections 8192; }\n"
                f"http {{ access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b;\n"
                f"fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;\n"
                f"server {{ listen 127.0.0.1:{port}; location / {{ proxy_buffering off;\n"
                f"proxy_pass http://127.0.0.1:{upstream.port}{upstream.path}; }} }} }}\n"
            )
        return conf

    def check_camera(self, frames):
        """Leaves uStreamer out unless it sends the files, and not its picture of a camera that is missing."""
        if not self.camera:
            return
        files = {read_file(path) for path in jpegs(frames)}
        try:
            with self.start("ustreamer", frames) as server:
                if clients.first_frame_in(server, files, START_S):
                    return
            reason = "it does not send the frames of its camera"
        except OSError as error:
            reason = error
        self.names.remove("ustreamer")
        print(f"ustreamer is left out: {reason}")


@contextlib.contextmanager
def running(command, env, port, log):
    """A child in a session of its own: Ctrl-C ends this script, and this script ends the child."""
    with open(log, "wb") as out:
        process = subprocess.Popen(
            command, env=os.environ | env, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
    try:
        deadline = time.monotonic() + START_S
        while not listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                said = read_file(log).decode(errors="replace").strip()[-500:]
                raise OSError(f"{command[0]} does not listen: {said or 'it says nothing'}")
            time.sleep(0.01)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(START_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def listens(port):
    """Asks the kernel, because some servers end with their first connection. 0A is LISTEN."""
    with open("/proc/net/tcp") as table:
        return any(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A" for line in table)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def build_camera(folder):
    """The library that uStreamer takes for a camera, or None where it cannot be had."""
    compiler = shutil.which("cc")
    if not compiler or not shutil.which("ustreamer"):
        return None
    library = os.path.join(folder, "camera.so")
    command = [compiler, "-O2", "-shared", "-fPIC", "-o", library, os.path.join(HERE, "camera.c"), "-ldl"]
    built = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    if built.returncode != 0:
        print(f"ustreamer is left out: camera.c is not compiled: {built.stderr.strip()[-500:]}")
        return None
    return library


def jpegs(folder):
    return sorted(glob.glob(os.path.join(glob.escape(folder), "*.jpg")))


def read_file(path):
    with open(path, "rb") as file:
        return file.read()


def padded(frames, folder, mean):
    """A directory of the same pictures, `mean` bytes each on average; the same directory if they are more.

    Each file gets the same number of bytes more, in COM segments, so that their sizes differ as before."""
    files = [read_file(path) for path in jpegs(frames)]
    more = round(mean - sum(map(len, files)) / len(files))
    if more < 4:
        return frames
    target, pad = os.path.join(folder, "padded"), b""
    while more:
        # A segment is 4 bytes to 65537; none may be left that is shorter.
        size = more if more <= 65537 else min(65537, more - 4)
        pad += b"\xff\xfe" + (size - 2).to_bytes(2, "big") + bytes(size - 4)
        more -= size
    os.makedirs(target)
    for number, bytes_ in enumerate(files):
        with open(os.path.join(target, f"{number:06}.jpg"), "wb") as file:
            file.write(bytes_[:2] + pad + bytes_[2:])
    return target
