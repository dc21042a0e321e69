"""Servers that `benches/slow/run.py` and `benches/chunks/run.py` measure. Each is started on its own port, and ended in every case.

Node modules are looked for in the folder NODE_PEERS (`npm install mjpeg-proxy mjpeg-server` there), Python packages by the
interpreter MJPEG_PYTHON, else by the one that runs this script. What is not installed is skipped.
"""
import atexit
import contextlib
import glob
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
MJPEG = os.environ.get("MJPEG", str(ROOT / "target/release/mjpeg"))
PYTHON = os.environ.get("MJPEG_PYTHON", sys.executable)
NODE = os.environ.get("NODE_PEERS", "")
START_S = 8


class Skipped(Exception):
    """A server that cannot be started here, and why."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port):
    """Reads /proc, because some servers end with their first connection. 0A is LISTEN."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table) as file:
            if any(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A" for line in file):
                return True
    return False


@contextlib.contextmanager
def running(command, port, env=None, cwd=None):
    """A child in a session of its own. Its number and what it has written come with the error if it does not listen."""
    with tempfile.TemporaryFile() as log:
        child = subprocess.Popen(command, env={**os.environ, **(env or {})}, cwd=cwd, stdin=subprocess.DEVNULL, stdout=log,
                                 stderr=log, start_new_session=True)
        try:
            deadline = time.monotonic() + START_S
            while not listens(port):
                if child.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    said = log.read().decode(errors="replace").strip().splitlines()
                    raise Skipped(f"{command[0]} does not listen: {said[-1] if said else 'it says nothing'}")
                time.sleep(0.02)
            yield child
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGTERM)
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()


def needs(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Skipped(f"{program} is not installed")


@contextlib.contextmanager
def serve(frames, fps, *more):
    port = free_port()
    command = [MJPEG, "serve", frames, "--fps", str(fps), "--listen", f"127.0.0.1:{port}", *more]
    with running(command, port) as child:
        yield f"http://127.0.0.1:{port}/stream", child.pid


@contextlib.contextmanager
def serve_url(url):
    """A relay."""
    port = free_port()
    with running([MJPEG, "serve", url, "--listen", f"127.0.0.1:{port}"], port) as child:
        yield f"http://127.0.0.1:{port}/stream", child.pid


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
def nginx(frames, fps, folder, buffering="off", more=""):
    needs("nginx")
    # Our own response asks nginx not to buffer (X-Accel-Buffering); that of this dialect does not.
    with serve(frames, fps, "--dialect", "mjpg-streamer") as (upstream, _):
        # Its workers write what a slow viewer does not take into files.
        os.chmod(folder, 0o777)
        port, conf = free_port(), os.path.join(folder, f"nginx-{buffering}.conf")
        paths = "".join(f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        with open(conf, "w") as file:
            file.write(f"daemon off; pid {folder}/nginx-{buffering}.pid; error_log {folder}/error; worker_processes 1;\n"
                       f"events {{}}\nhttp {{ access_log off; {paths} server {{ listen 127.0.0.1:{port};\n"
                       f"location / {{ proxy_buffering {buffering}; {more} proxy_pass {upstream}; }} }} }}\n")
        with running(["nginx", "-c", conf, "-p", folder], port) as child:
            yield f"http://127.0.0.1:{port}/", child.pid


@contextlib.contextmanager
def haproxy(frames, fps, folder, more=""):
    needs("haproxy")
    with serve(frames, fps) as (upstream, _):
        port, conf = free_port(), os.path.join(folder, "haproxy.cfg")
        address = upstream.split("/")[2]
        with open(conf, "w") as file:
            file.write("defaults\n mode http\n timeout connect 5s\n timeout client 1h\n timeout server 1h\n"
                       f"listen cameras\n bind 127.0.0.1:{port}\n {more}\n server camera {address}\n")
        with running(["haproxy", "-db", "-f", conf], port) as child:
            yield f"http://127.0.0.1:{port}/stream", child.pid


@contextlib.contextmanager
def caddy(frames, fps, folder, more=""):
    needs("caddy")
    with serve(frames, fps, "--dialect", "mjpg-streamer") as (upstream, _):
        port, conf = free_port(), os.path.join(folder, "Caddyfile")
        pathlib.Path(conf).write_text(
            f"{{\n admin off\n auto_https off\n}}\nhttp://127.0.0.1:{port} {{\n {more}\n reverse_proxy {upstream.split('/')[2]}\n}}\n")
        home = {"HOME": folder, "XDG_DATA_HOME": folder, "XDG_CONFIG_HOME": folder}
        with running(["caddy", "run", "--adapter", "caddyfile", "--config", conf], port, home) as child:
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


NODE_PROXY = """
const http = require('http'), { MjpegProxy } = require('mjpeg-proxy');
const proxy = new MjpegProxy(process.argv[2]);
http.createServer((req, res) => proxy.proxyRequest(req, res)).listen(+process.argv[3], '127.0.0.1');
"""

OTHER_NODE_PROXY = """
const http = require('http'), MjpegProxy = require('node-mjpeg-proxy');
const proxy = new MjpegProxy(process.argv[2]);
http.createServer((req, res) => proxy.proxyRequest(req, res)).listen(+process.argv[3], '127.0.0.1');
"""

NODE_SERVER = """
const http = require('http'), fs = require('fs'), path = require('path'), mjpeg = require('mjpeg-server');
const [,, folder, fps, port] = process.argv;
const frames = fs.readdirSync(folder).filter(n => n.endsWith('.jpg')).sort().map(n => fs.readFileSync(path.join(folder, n)));
const viewers = new Set(); let n = 0;
setInterval(() => { const f = frames[n++ % frames.length]; for (const v of viewers) v.write(f); }, 1000 / +fps);
http.createServer((req, res) => { const v = mjpeg.createReqHandler(req, res); viewers.add(v);
  res.on('close', () => viewers.delete(v)); }).listen(+port, '127.0.0.1');
"""


@contextlib.contextmanager
def node(script, module, port, *arguments):
    needs("node")
    if not os.path.isdir(os.path.join(NODE, "node_modules", module)):
        raise Skipped(f"npm {module} is not in the folder NODE_PEERS")
    with running(["node", "-e", script, "x", *arguments], port, cwd=NODE) as child:
        yield f"http://127.0.0.1:{port}/", child.pid


@contextlib.contextmanager
def node_proxy(frames, fps, folder):
    with serve(frames, fps) as (upstream, _):
        port = free_port()
        with node(NODE_PROXY, "mjpeg-proxy", port, upstream, str(port)) as it:
            yield it


@contextlib.contextmanager
def other_node_proxy(frames, fps, folder):
    with serve(frames, fps) as (upstream, _):
        port = free_port()
        with node(OTHER_NODE_PROXY, "node-mjpeg-proxy", port, upstream, str(port)) as it:
            yield it


@contextlib.contextmanager
def node_server(frames, fps, folder):
    port = free_port()
    with node(NODE_SERVER, "mjpeg-server", port, frames, str(fps), str(port)) as it:
        yield it


PYTHON_SOURCE = """
import glob, itertools, os, sys, time
folder, fps = os.environ['FRAMES'], float(os.environ['FPS'])
frames = [open(p, 'rb').read() for p in sorted(glob.glob(glob.escape(folder) + '/*.jpg'))]
TYPE = 'multipart/x-mixed-replace; boundary=frame'
def part(jpeg):
    return b'--frame\\r\\nContent-Type: image/jpeg\\r\\nContent-Length: %d\\r\\n\\r\\n' % len(jpeg) + jpeg + b'\\r\\n'
def parts():
    start = time.monotonic()
    for n, jpeg in enumerate(itertools.cycle(frames)):
        time.sleep(max(0, start + n / fps - time.monotonic()))
        yield part(jpeg)
class File:
    # A file-like object that fills its reads across parts.
    def __init__(self): self.parts, self.rest = parts(), b''
    def read(self, n=-1):
        while len(self.rest) < n: self.rest += next(self.parts)
        out, self.rest = self.rest[:n], self.rest[n:]
        return out
"""

AIOHTTP = PYTHON_SOURCE + """
import asyncio
from aiohttp import web
async def stream(request):
    response = web.StreamResponse(headers={'Content-Type': TYPE})
    await response.prepare(request)
    start = time.monotonic()
    for n, jpeg in enumerate(itertools.cycle(frames)):
        await asyncio.sleep(max(0, start + n / fps - time.monotonic()))
        await response.write(part(jpeg))
app = web.Application()
app.router.add_get('/', stream)
web.run_app(app, host='127.0.0.1', port=int(sys.argv[1]), print=None)
"""

WSGI = PYTHON_SOURCE + """
def generator(environ, start_response):
    start_response('200 OK', [('Content-Type', TYPE)])
    return parts()
def wrapped(environ, start_response):
    start_response('200 OK', [('Content-Type', TYPE)])
    return environ['wsgi.file_wrapper'](File(), int(os.environ['BLOCK']))
def iterated(environ, start_response):
    start_response('200 OK', [('Content-Type', TYPE)])
    block, file = int(os.environ['BLOCK']), File()
    return iter(lambda: file.read(block), b'')
"""

WSGIREF = WSGI + """
from wsgiref.simple_server import make_server, WSGIRequestHandler
WSGIRequestHandler.log_message = lambda *a: None
make_server('127.0.0.1', int(sys.argv[1]), globals()[os.environ['APP']]).serve_forever()
"""

FLASK = PYTHON_SOURCE + """
import flask, logging
logging.getLogger('werkzeug').disabled = True
app = flask.Flask('x')
@app.route('/')
def stream():
    return flask.Response(parts(), mimetype=TYPE)
app.run(host='127.0.0.1', port=int(sys.argv[1]), threaded=True)
"""

ASGI = PYTHON_SOURCE + """
import asyncio, uvicorn
async def app(scope, receive, send):
    if scope['type'] != 'http': return
    await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'content-type', TYPE.encode())]})
    start = time.monotonic()
    for n, jpeg in enumerate(itertools.cycle(frames)):
        await asyncio.sleep(max(0, start + n / fps - time.monotonic()))
        await send({'type': 'http.response.body', 'body': part(jpeg), 'more_body': True})
uvicorn.run(app, host='127.0.0.1', port=int(sys.argv[1]), log_level='error')
"""


@contextlib.contextmanager
def python(module, script, frames, fps, app="generator", block=65536):
    if subprocess.run([PYTHON, "-c", f"import {module}"], stderr=subprocess.DEVNULL).returncode != 0:
        raise Skipped(f"Python has no module {module}")
    port = free_port()
    env = {"FRAMES": frames, "FPS": str(fps), "APP": app, "BLOCK": str(block)}
    with running([PYTHON, "-c", script, str(port)], port, env) as child:
        yield f"http://127.0.0.1:{port}/", child.pid


@contextlib.contextmanager
def gunicorn(frames, fps, folder, app="generator", block=65536):
    if subprocess.run([PYTHON, "-c", "import gunicorn"], stderr=subprocess.DEVNULL).returncode != 0:
        raise Skipped("Python has no module gunicorn")
    port = free_port()
    with open(os.path.join(folder, "peer_wsgi.py"), "w") as file:
        file.write(WSGI)
    env = {"FRAMES": frames, "FPS": str(fps), "BLOCK": str(block)}
    command = [PYTHON, "-m", "gunicorn", "--threads", "4", "-b", f"127.0.0.1:{port}", "--log-level", "error", f"peer_wsgi:{app}"]
    with running(command, port, env, folder) as child:
        yield f"http://127.0.0.1:{port}/", child.pid


@contextlib.contextmanager
def module(name, frames, fps, folder, command, app="generator", block=65536, needed=()):
    """A Python server that is started by its module, with the programs of WSGI or ASGI above in `peer_app.py`."""
    for it in (name, *needed):
        if subprocess.run([PYTHON, "-c", f"import {it}"], stderr=subprocess.DEVNULL).returncode != 0:
            raise Skipped(f"Python has no module {it}")
    port = free_port()
    with open(os.path.join(folder, "peer_app.py"), "w") as file:
        file.write(ASGI.rpartition("uvicorn.run")[0].replace(", uvicorn", "") if app == "app" else WSGI)
    env = {"FRAMES": frames, "FPS": str(fps), "BLOCK": str(block)}
    options = [it.format(port=port, app=f"peer_app:{app}") for it in command]
    with running([PYTHON, "-m", name, *options], port, env, folder) as child:
        yield f"http://127.0.0.1:{port}/", child.pid


CHEROOT = WSGI + """
from cheroot import wsgi
wsgi.Server(('127.0.0.1', int(sys.argv[1])), globals()[os.environ['APP']]).start()
"""

BOTTLE = PYTHON_SOURCE + """
import bottle
@bottle.route('/')
def stream():
    bottle.response.content_type = TYPE
    return parts()
bottle.run(host='127.0.0.1', port=int(sys.argv[1]), server='wsgiref', quiet=True)
"""

TORNADO = PYTHON_SOURCE + """
import asyncio, tornado.web
class Stream(tornado.web.RequestHandler):
    async def get(self):
        self.set_header('Content-Type', TYPE)
        start = time.monotonic()
        for n, jpeg in enumerate(itertools.cycle(frames)):
            await asyncio.sleep(max(0, start + n / fps - time.monotonic()))
            self.write(part(jpeg))
            await self.flush()
async def main():
    tornado.web.Application([('/', Stream)]).listen(int(sys.argv[1]), '127.0.0.1')
    await asyncio.Event().wait()
asyncio.run(main())
"""

# How the standard library is used by hand: APP is the manner, BLOCK its size.
HTTP_SERVER = PYTHON_SOURCE + """
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
app, block = os.environ['APP'], int(os.environ['BLOCK'])
class Handler(BaseHTTPRequestHandler):
    wbufsize = block if app == 'buffered' else 0
    disable_nagle_algorithm = app == 'link'
    def log_message(self, *a): pass
    def do_GET(self):
        self.send_response(200)
        self.send_header('Content-Type', TYPE)
        self.end_headers()
        many, begun, sent = [], time.monotonic(), 0
        for one in parts():
            if app == 'lines':
                # Each piece with a call of its own.
                head, _, rest = one.partition(b'\\r\\n\\r\\n')
                for piece in head.split(b'\\r\\n'): self.wfile.write(piece + b'\\r\\n')
                self.wfile.write(b'\\r\\n')
                self.wfile.write(rest)
            elif app == 'collected':
                many.append(one)
                if len(many) == block:
                    self.wfile.write(b''.join(many))
                    many = []
            elif app == 'sliced':
                # Slices of one part: its end is a shorter one.
                for at in range(0, len(one), block): self.wfile.write(one[at:at + block])
            elif app == 'slow':
                # A slow encoder: the halves of each part are half an interval apart.
                self.wfile.write(one[:len(one) // 2])
                time.sleep(0.5 / fps)
                self.wfile.write(one[len(one) // 2:])
            elif app == 'link':
                # A link of so many bytes per second.
                for at in range(0, len(one), 1400):
                    self.wfile.write(one[at:at + 1400])
                    sent += 1400
                    time.sleep(max(0, begun + sent / block - time.monotonic()))
            elif app == 'short' and len(one) < block:
                self.wfile.write(one)
                return
            else:
                self.wfile.write(one)
ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Handler).serve_forever()
"""

NODE_HTTP = """
const http = require('http'), fs = require('fs'), path = require('path'), { Readable, Transform } = require('stream');
const [,, manner, block, folder, fps, port] = process.argv;
const frames = fs.readdirSync(folder).filter(n => n.endsWith('.jpg')).sort().map(n => fs.readFileSync(path.join(folder, n)));
const part = f => Buffer.concat([Buffer.from(`--frame\\r\\nContent-Type: image/jpeg\\r\\nContent-Length: ${f.length}\\r\\n\\r\\n`), f,
  Buffer.from('\\r\\n')]);
class Blocks extends Transform {
  rest = Buffer.alloc(0);
  _transform(bytes, _, done) {
    this.rest = Buffer.concat([this.rest, bytes]);
    while (this.rest.length >= +block) { this.push(this.rest.subarray(0, +block)); this.rest = this.rest.subarray(+block); }
    done();
  }
}
http.createServer((req, res) => {
  res.writeHead(200, { 'Content-Type': 'multipart/x-mixed-replace; boundary=frame' });
  let to = res, n = 0;
  if (manner === 'blocks') { to = new Blocks({ highWaterMark: +block }); to.pipe(res); }
  const timer = setInterval(() => to.write(part(frames[n++ % frames.length])), 1000 / +fps);
  res.on('close', () => clearInterval(timer));
}).listen(+port, '127.0.0.1');
"""


@contextlib.contextmanager
def node_http(frames, fps, manner="parts", block=65536):
    needs("node")
    port = free_port()
    with running(["node", "-e", NODE_HTTP, "x", manner, str(block), frames, str(fps), str(port)], port) as child:
        yield f"http://127.0.0.1:{port}/", child.pid


GO = r"""
package main

import ("bufio"; "bytes"; "fmt"; "io"; "net/http"; "os"; "path/filepath"; "sort"; "strconv"; "time")

func main() {
	manner, folder, port := os.Args[1], os.Args[3], os.Args[5]
	block, _ := strconv.Atoi(os.Args[2])
	fps, _ := strconv.ParseFloat(os.Args[4], 64)
	names, _ := filepath.Glob(filepath.Join(folder, "*.jpg"))
	sort.Strings(names)
	var frames [][]byte
	for _, name := range names { frame, _ := os.ReadFile(name); frames = append(frames, frame) }
	send := func(to io.Writer, after func()) {
		start := time.Now()
		for n := 0; ; n++ {
			time.Sleep(time.Until(start.Add(time.Duration(float64(n) / fps * 1e9))))
			var part bytes.Buffer
			jpeg := frames[n % len(frames)]
			fmt.Fprintf(&part, "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n", len(jpeg))
			part.Write(jpeg)
			part.WriteString("\r\n")
			if _, err := to.Write(part.Bytes()); err != nil { return }
			after()
		}
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary=frame")
		flush := w.(http.Flusher).Flush
		switch manner {
		case "flushed": send(w, flush)
		case "unflushed": send(w, func() {})
		case "bufio": send(bufio.NewWriterSize(w, block), func() {})
		case "copied":
			from, to := io.Pipe()
			go func() { send(to, func() {}); to.Close() }()
			defer from.Close()
			buffer := make([]byte, block)
			for {
				if _, err := io.ReadFull(from, buffer); err != nil { return }
				if _, err := w.Write(buffer); err != nil { return }
				flush()
			}
		}
	})
	http.ListenAndServe("127.0.0.1:" + port, nil)
}
"""


@contextlib.contextmanager
def go(frames, fps, manner="flushed", block=65536):
    needs("go")
    # Compiled once for all runs of one process.
    program = os.path.join(tempfile.gettempdir(), f"mjpeg-peers-go-{os.getpid()}")
    if not os.path.exists(program):
        with tempfile.TemporaryDirectory() as folder:
            source = os.path.join(folder, "main.go")
            pathlib.Path(source).write_text(GO)
            env = {**os.environ, "GOCACHE": os.path.join(folder, "cache"), "GO111MODULE": "off"}
            subprocess.run(["go", "build", "-o", program, source], check=True, env=env)
        atexit.register(os.unlink, program)
    port = free_port()
    with running([program, manner, str(block), frames, str(fps), str(port)], port) as child:
        yield f"http://127.0.0.1:{port}/", child.pid


PHP = r"""<?php
$frames = array_map('file_get_contents', glob(getenv('FRAMES') . '/*.jpg'));
header('Content-Type: multipart/x-mixed-replace; boundary=frame');
$start = microtime(true);
for ($n = 0; ; $n++) {
  usleep(max(0, (int)(1e6 * ($start + $n / getenv('FPS') - microtime(true)))));
  $jpeg = $frames[$n % count($frames)];
  echo "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: " . strlen($jpeg) . "\r\n\r\n" . $jpeg . "\r\n";
  if (getenv('APP') === 'flushed') flush();
}
"""


@contextlib.contextmanager
def php(frames, fps, folder, app="flushed", buffering=0):
    needs("php")
    port = free_port()
    pathlib.Path(folder, "index.php").write_text(PHP)
    env = {"FRAMES": frames, "FPS": str(fps), "APP": app}
    command = ["php", "-d", f"output_buffering={buffering}", "-d", "max_execution_time=0", "-S", f"127.0.0.1:{port}", "-t", folder]
    with running(command, port, env) as child:
        yield f"http://127.0.0.1:{port}/", child.pid


@contextlib.contextmanager
def lighttpd(frames, fps, folder, streaming=1, more=""):
    needs("lighttpd")
    with serve(frames, fps, "--dialect", "mjpg-streamer") as (upstream, _):
        port, conf = free_port(), os.path.join(folder, "lighttpd.conf")
        host, _, upstream_port = upstream.split("/")[2].partition(":")
        pathlib.Path(conf).write_text(
            f'server.modules = ("mod_proxy")\nserver.document-root = "{folder}"\nserver.bind = "127.0.0.1"\nserver.port = {port}\n'
            f'server.stream-response-body = {streaming}\n{more}'
            f'proxy.server = ("" => (("host" => "{host}", "port" => {upstream_port})))\n')
        with running(["lighttpd", "-D", "-f", conf], port) as child:
            yield f"http://127.0.0.1:{port}/stream", child.pid


@contextlib.contextmanager
def apache(frames, fps, folder, options="", more="", needed=()):
    needs("apache2")
    with serve(frames, fps, "--dialect", "mjpg-streamer") as (upstream, _):
        port, conf = free_port(), os.path.join(folder, "apache.conf")
        modules = "".join(f"LoadModule {it}_module /usr/lib/apache2/modules/mod_{it}.so\n"
                          for it in ("mpm_event", "authz_core", "proxy", "proxy_http", *needed))
        os.chmod(folder, 0o777)
        pathlib.Path(conf).write_text(
            f"{modules}ServerRoot {folder}\nListen 127.0.0.1:{port}\nServerName x\nPidFile {folder}/pid\nErrorLog {folder}/error\n"
            f"User nobody\nGroup nogroup\nDefaultRuntimeDir {folder}\nProxyPass / {upstream.rpartition('/')[0]}/ {options}\n{more}\n")
        with running(["apache2", "-f", conf, "-X"], port) as child:
            yield f"http://127.0.0.1:{port}/stream", child.pid


def jpegs(folder):
    return sorted(glob.glob(os.path.join(glob.escape(folder), "*.jpg")))
