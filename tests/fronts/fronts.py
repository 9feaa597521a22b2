"""The fronts as a table: how each is configured and started, on 127.0.0.1 and in a folder of its
own, and what of the system it needs."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import fakepw

from .. import tools
from ..ports import free_port

ROOT = Path(__file__).parents[2]
MODULES = "/usr/lib/apache2/modules"


@dataclass(frozen=True)
class Front:
    """One server. `config` is the text of its file and `command` its words, in both of which
    `{port}`, `{back}`, `{folder}`, `{config}`, `{root}`, `{site}` and `{python}` are filled in."""

    name: str
    needs: tuple[str, ...]
    command: str
    config: str = ""


_NGINX = """
daemon off; master_process off; pid {folder}/pid; error_log stderr;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  %s
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://127.0.0.1:{back};
      proxy_set_header Host $http_host;
      %s
    }}
  }}
}}
"""
_BUSY = (
    "gzip on; gzip_proxied any; gzip_min_length 1; charset utf-8; charset_types text/plain;"
    " client_max_body_size 1m; server_tokens off;",
    "proxy_http_version 1.1; proxy_set_header X-Forwarded-For $remote_addr;"
    " limit_except GET POST {{ deny all; }}",
)
_APACHE = """
ServerRoot {folder}
ServerName 127.0.0.1
PidFile {folder}/pid
DefaultRuntimeDir {folder}
Mutex default:{folder}
ErrorLog /dev/stderr
Listen 127.0.0.1:{port}
LoadModule mpm_event_module %s/mod_mpm_event.so
LoadModule authz_core_module %s/mod_authz_core.so
%%s
""" % (MODULES, MODULES)  # noqa: UP031
_APACHE_PROXY = (
    f"LoadModule proxy_module {MODULES}/mod_proxy.so\n"
    f"LoadModule proxy_http_module {MODULES}/mod_proxy_http.so\n"
    "ProxyPreserveHost On\nProxyPass / http://127.0.0.1:{back}/\n"
)
_APACHE_WSGI = (
    f"LoadModule wsgi_module {MODULES}/mod_wsgi.so\n"
    "WSGIPythonPath {root}:{site}\nWSGIScriptAlias / {root}/tests/fronts/application.py\n"
    "<Directory {root}/tests/fronts>\nRequire all granted\n</Directory>\n%s\n"
)
_HAPROXY = """
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend front
  bind 127.0.0.1:{port}
  default_backend back
backend back
  server one 127.0.0.1:{back}
"""
#: Without `buffer_requests`, Caddy 2.6 cuts answers that come sooner than it sees the end of the
#: body that it passes on: its log says "use of closed network connection", in bursts of hundreds.
_CADDY = """
{{
  admin off
  auto_https off
}}
http://127.0.0.1:{port} {{
  encode gzip
  reverse_proxy 127.0.0.1:{back} {{
    buffer_requests
  }}
}}
"""
_HAPROXY_ALONE = _HAPROXY.replace(
    "default_backend back", "use_backend back if {{ path_beg /xmlrpc }}"
)
_CADDY_POST = _CADDY.replace(
    "  reverse_proxy 127.0.0.1:{back}",
    "  @calls method POST\n  reverse_proxy @calls 127.0.0.1:{back}",
)
_ONLY_CALLS = (
    "server_tokens off;",
    "if ($request_method !~ ^(GET|POST)$) {{ return 444; }}",
)
_LIGHTTPD = """
server.modules = ("mod_proxy")
server.document-root = "{folder}"
server.bind = "127.0.0.1"
server.port = {port}
server.upload-dirs = ("{folder}")
proxy.server = ("" => (("host" => "127.0.0.1", "port" => {back})))
"""
_VARNISH = """
vcl 4.1;
backend default {{ .host = "127.0.0.1"; .port = "{back}"; }}
"""
_UWSGI = (
    "uwsgi --plugin {plugins} --{how} 127.0.0.1:{{port}} --need-app --master --die-on-term"
    " --pythonpath {{root}} --pythonpath {{site}} --module tests.fronts.application"
)
_RUNSERVER = """
import sys
from django.core.servers.basehttp import WSGIRequestHandler, WSGIServer
from tests.fronts.application import application
server = WSGIServer(("127.0.0.1", int(sys.argv[1])), WSGIRequestHandler)
server.set_app(application)
server.serve_forever()
"""

UWSGI = ("uwsgi", "/usr/lib/uwsgi/plugins/python3_plugin.so")
_HTTPD = "apache2 -DFOREGROUND -f {config}"

FRONTS = {
    front.name: front
    for front in (
        Front("nginx", ("nginx",), "nginx -c {config} -p {folder}", _NGINX % ("", "")),
        Front("nginx, busy", ("nginx",), "nginx -c {config} -p {folder}", _NGINX % _BUSY),
        Front(
            "nginx, GET and POST alone",
            ("nginx",),
            "nginx -c {config} -p {folder}",
            _NGINX % _ONLY_CALLS,
        ),
        Front("Apache httpd", ("apache2",), _HTTPD, _APACHE % _APACHE_PROXY),
        Front(
            "mod_wsgi",
            ("apache2", f"{MODULES}/mod_wsgi.so"),
            _HTTPD,
            _APACHE % (_APACHE_WSGI % "WSGIPassAuthorization On"),
        ),
        Front("HAProxy", ("haproxy",), "haproxy -db -f {config}", _HAPROXY),
        Front("Caddy", ("caddy",), "caddy run --adapter caddyfile --config {config}", _CADDY),
        Front("HAProxy, /xmlrpc alone", ("haproxy",), "haproxy -db -f {config}", _HAPROXY_ALONE),
        Front(
            "Caddy, POST alone",
            ("caddy",),
            "caddy run --adapter caddyfile --config {config}",
            _CADDY_POST,
        ),
        Front("lighttpd", ("lighttpd",), "lighttpd -D -f {config}", _LIGHTTPD),
        Front(
            "Varnish",
            ("varnishd",),
            "varnishd -F -n {folder} -a 127.0.0.1:{port} -f {config} -s malloc,16m",
            _VARNISH,
        ),
        Front("uWSGI --http", UWSGI, _UWSGI.format(how="http", plugins="http,python3")),
        Front("uWSGI --http-socket", UWSGI, _UWSGI.format(how="http-socket", plugins="python3")),
        Front("runserver", (), "{python} {config} {port}", _RUNSERVER),
    )
}

#: Fronts that take something away, which a failure must say with an advice.
BROKEN = {
    front.name: front
    for front in (
        Front(
            "mod_wsgi without WSGIPassAuthorization",
            ("apache2", f"{MODULES}/mod_wsgi.so"),
            _HTTPD,
            _APACHE % (_APACHE_WSGI % ""),
        ),
        Front(
            "nginx without Authorization",
            ("nginx",),
            "nginx -c {config} -p {folder}",
            _NGINX % ("", 'proxy_set_header Authorization "";'),
        ),
    )
}


@contextmanager
def started(
    front: Front, fixture: str = "demo", instance: str = "3.2-py3-postgresql"
) -> Iterator[str]:
    """The URL of a front with fakepw behind it, until the block ends."""
    with (
        fakepw.serve(fixture, instance=instance) as server,
        tempfile.TemporaryDirectory(prefix="front-", ignore_cleanup_errors=True) as place,
    ):
        folder = Path(place)
        folder.chmod(0o755)  # some read it as another user
        port, config = free_port(), folder / "config"
        site = next(p for p in sys.path if p.endswith("site-packages"))
        words = {
            "port": port,
            "back": server.url.split(":")[2].split("/")[0],
            "folder": folder,
            "config": config,
            "root": ROOT,
            "site": site,
            "python": sys.executable,
        }
        config.write_text(front.config.format(**words) if "{" in front.config else front.config)
        command = [word.format(**words) for word in front.command.split()]
        command[0] = tools.found(command[0]) or command[0]
        environment = os.environ | {
            "FAKEPW_FIXTURE": fixture,
            "FAKEPW_INSTANCE": instance,
            "PYTHONPATH": str(ROOT),
            "XDG_CONFIG_HOME": str(folder),
            "XDG_DATA_HOME": str(folder),
        }
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                env=environment,
                cwd=folder,
                start_new_session=True,
            )
        try:
            await_port(port, process, folder / "log")
            yield f"http://127.0.0.1:{port}/xmlrpc/"
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(1)  # Apache gives its children ten times that
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def await_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"it did not come up: {log.read_text(errors='replace')[-2000:]}")
