"""Proxies in front of `mjpeg serve`."""
import contextlib
import os
import pathlib

from .ours import serve
from .process import free_port, needs, running


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
