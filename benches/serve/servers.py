"""The measured servers: starts each on its own port, and ends it in every case."""

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
    """A listening server. `clock` is the place of the time in its frames: "field" is X-Timestamp of the part, "com" is a
    COM segment after SOI, None means no time."""

    name: str
    pid: int
    port: int
    path: str
    clock: str | None


class Servers:
    """The servers that are installed. Temporary files go to `folder`."""

    def __init__(self, folder, limit, fps, dialects=()):
        self.folder, self.limit, self.fps = folder, limit, fps
        self.camera = build_camera(folder)
        self.names = ["serve"] + [f"dialect {name}" for name in dialects] + ["limit"] * bool(limit) + ["nginx"] * bool(shutil.which("nginx"))
        self.names += ["ustreamer"] * bool(self.camera) + ["ffmpeg"] * bool(shutil.which("ffmpeg"))

    @contextlib.contextmanager
    def start(self, name, frames, stamp=False):
        """Serves the directory `frames`; with `stamp` each frame has its time, if the server can do that."""
        with contextlib.ExitStack() as stack:
            env, port = {}, free_port()
            if name == "serve" or name.startswith("dialect "):
                command = [MJPEG, "serve", frames, "--fps", str(self.fps), "--listen", f"127.0.0.1:{port}"]
                command += ["--dialect", name.removeprefix("dialect ")] * name.startswith("dialect ")
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
        """Skips uStreamer if it sends its picture of a missing camera instead of the files."""
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
        print(f"ustreamer is skipped: {reason}")


@contextlib.contextmanager
def running(command, env, port, log):
    """A child in its own session: Ctrl-C ends this script, and this script ends the child."""
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
    """Reads /proc, because some servers end with their first connection. 0A is LISTEN."""
    with open("/proc/net/tcp") as table:
        return any(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A" for line in table)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def build_camera(folder):
    """The library that is a camera for uStreamer, or None if it cannot be compiled."""
    compiler = shutil.which("cc")
    if not compiler or not shutil.which("ustreamer"):
        return None
    library = os.path.join(folder, "camera.so")
    command = [compiler, "-O2", "-shared", "-fPIC", "-o", library, os.path.join(HERE, "camera.c"), "-ldl"]
    built = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    if built.returncode != 0:
        print(f"ustreamer is skipped: camera.c does not compile: {built.stderr.strip()[-500:]}")
        return None
    return library


def jpegs(folder):
    return sorted(glob.glob(os.path.join(glob.escape(folder), "*.jpg")))


def read_file(path):
    with open(path, "rb") as file:
        return file.read()


def padded(frames, folder, mean):
    """A directory of the same pictures with `mean` bytes on average; the same directory if they are larger.

    Each file gets the same number of additional bytes, in COM segments, so that their sizes differ as before."""
    files = [read_file(path) for path in jpegs(frames)]
    more = round(mean - sum(map(len, files)) / len(files))
    if more < 4:
        return frames
    target, pad = os.path.join(folder, "padded"), b""
    while more:
        # A segment has 4 to 65537 bytes, so the rest must not be shorter than 4.
        size = more if more <= 65537 else min(65537, more - 4)
        pad += b"\xff\xfe" + (size - 2).to_bytes(2, "big") + bytes(size - 4)
        more -= size
    os.makedirs(target)
    for number, bytes_ in enumerate(files):
        with open(os.path.join(target, f"{number:06}.jpg"), "wb") as file:
            file.write(bytes_[:2] + pad + bytes_[2:])
    return target
