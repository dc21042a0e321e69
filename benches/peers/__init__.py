"""Servers that the scripts in `benches` measure. Each is started on its own port, and ended in every case.

Node modules are looked for in the folder NODE_PEERS (`npm install mjpeg-proxy mjpeg-server` there), Python packages by the
interpreter MJPEG_PYTHON, else by the one that runs the script. What is not installed is skipped.
"""
import glob
import os

from .cameras import motion, ustreamer, vlc
from .languages import go, php
from .node import node_http, node_proxy, node_server, other_node_proxy
from .ours import MJPEG, ROOT, serve, serve_url
from .process import Skipped, free_port, listens, needs, running
from .proxies import apache, caddy, haproxy, lighttpd, nginx
from .python_servers import PYTHON, gunicorn, module, python
from .python_sources import AIOHTTP, ASGI, BOTTLE, CHEROOT, FLASK, HTTP_SERVER, TORNADO, WSGI, WSGIREF


def jpegs(folder):
    return sorted(glob.glob(os.path.join(glob.escape(folder), "*.jpg")))
