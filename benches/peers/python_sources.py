"""Programs of Python servers. Each serves the pictures of the folder FRAMES."""

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
