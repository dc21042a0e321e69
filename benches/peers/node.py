"""Servers and proxies of Node."""
import contextlib
import os

from .ours import serve
from .process import Skipped, free_port, needs, running

NODE = os.environ.get("NODE_PEERS", "")

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
