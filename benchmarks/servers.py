"""The servers that are measured, each in a process of its own: fakepw and its baselines.

    python -m benchmarks.servers stdlib FIXTURE    what one would write with the standard library
    python -m benchmarks.servers bare ANSWER       asyncio, and the bytes of a file for an answer
    python -m benchmarks.servers plain FIXTURE     fakepw, from Python
    python -m benchmarks.servers silent FIXTURE    the same, but that it keeps no journal
    python -m benchmarks.servers ruled FIXTURE     fakepw with ten rules that mean no call

All print their port.
"""

from __future__ import annotations

import asyncio
import gc
import json
import re
import signal
import subprocess
import sys
import tempfile
import xmlrpc.client
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from fakepw.double.journal.journal import Entry, Journal
from fakepw.fixtures import load
from fakepw.patchwork.patchwork import Patchwork
from fakepw.patchwork.rows.rows import Dataset


class Served(NamedTuple):
    """A server: its port, and the process that it is."""

    port: int
    pid: int

    @property
    def url(self) -> str:
        """Where its XML-RPC API is."""
        return f"http://127.0.0.1:{self.port}/xmlrpc/"


@contextmanager
def fakepw(fixture: Path, instance: str | None = None) -> Iterator[Served]:
    """`fakepw serve` in a process."""
    command = [sys.executable, "-m", "fakepw", "serve", str(fixture), "--port", "0", "--json"]
    if instance is not None:
        command += ["--instance", instance]
    with _process(command) as (line, pid):
        yield Served(int(json.loads(line)["url"].split(":")[2].split("/")[0]), pid)


@contextmanager
def of_kind(kind: str, file: Path) -> Iterator[Served]:
    """A server of this module, by its name on the command line."""
    with _process([sys.executable, "-m", "benchmarks.servers", kind, str(file)]) as (line, pid):
        yield Served(int(line), pid)


#: The baseline: ThreadingHTTPServer and `xmlrpc.client` over the same rows.
stdlib = partial(of_kind, "stdlib")
#: The ceiling: asyncio writing a constant for whatever it reads.
bare = partial(of_kind, "bare")


@contextmanager
def _process(command: list[str]) -> Iterator[tuple[str, int]]:
    # What they log is that the load ends in the middle of an answer.
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                process.wait()
                errors.seek(0)
                raise RuntimeError(f"{' '.join(command)} failed:\n{errors.read()}")
            yield line, process.pid
        finally:
            process.terminate()
            process.wait()
            process.stdout.close()


# The baselines.


class _Handler(BaseHTTPRequestHandler):
    """XML-RPC as `xmlrpc.client` decodes and encodes it, over rows that are ready to be sent."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body in one write
    patches: list[dict[str, Any]]
    patchwork: Patchwork

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        params, method = xmlrpc.client.loads(body)
        ready = getattr(self, f"call_{method}", None)
        result = self._by_patchwork(str(method), params) if ready is None else ready(*params)
        answer = xmlrpc.client.dumps((result,), methodresponse=True).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("X-Frame-Options", "DENY")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def call_pw_rpc_version(self) -> list[int]:
        return [1, 3, 0]

    def call_patch_get(self, patch_id: int) -> dict[str, Any]:
        return self.patches[patch_id - 1]

    def call_patch_list(self, filt: dict[str, int]) -> Any:
        if filt.keys() != {"max_count"}:
            return self._by_patchwork("patch_list", (filt,))
        return self.patches[: filt["max_count"]]

    def _by_patchwork(self, method: str, params: tuple[Any, ...]) -> Any:
        """What this server has not ready itself it has of fakepw, as values."""
        return _sendable(self.patchwork.call(method, params, self.headers["Authorization"]))

    def log_message(self, format: str, *args: Any) -> None:
        pass


def _sendable(value: Any) -> Any:
    """A value as `xmlrpc.client` takes it."""
    match value:
        case bytes():
            return xmlrpc.client.Binary(value)
        case str():
            return str(value)
        case list():
            return [_sendable(item) for item in value]
        case dict():
            return {name: _sendable(member) for name, member in value.items()}
    return value


class _StdlibServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def _members(data: Dataset) -> Iterator[dict[str, Any]]:
    """Patches as 3.2 on Python 3 sends them (servers.md 1.3)."""
    projects = {row.id: row for row in data.projects}
    states = {row.id: row for row in data.states}
    people = {row.id: row for row in data.people}
    users = {row.id: row for row in data.users}

    def text(value: str) -> xmlrpc.client.Binary:
        return xmlrpc.client.Binary(value.encode())

    for row in data.patches:
        submitter = people[row.submitter_id]
        assert row.state_id is not None
        delegate = "None" if row.delegate_id is None else users[row.delegate_id].username
        filename = re.sub("[^-_A-Za-z0-9.]+", "-", row.name)
        yield {
            "id": row.id,
            "date": text(str(row.date)),
            "filename": filename.strip("-"),
            "msgid": row.msgid,
            "name": row.name,
            "project": text(projects[row.project_id].name),
            "project_id": row.project_id,
            "state": text(states[row.state_id].name),
            "state_id": row.state_id,
            "archived": row.archived,
            "submitter": text(
                f"{submitter.name} <{submitter.email}>" if submitter.name else submitter.email
            ),
            "submitter_id": row.submitter_id,
            "delegate": text(delegate),
            "delegate_id": row.delegate_id or 0,
            "commit_ref": row.commit_ref or "",
            "hash": row.hash or "",
        }


def _serve_stdlib(fixture: str) -> None:
    rows = load(fixture)
    _Handler.patches, _Handler.patchwork = list(_members(rows)), Patchwork(rows)
    server = _StdlibServer(("127.0.0.1", 0), _Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


class _Constant(asyncio.Protocol):
    answer: bytes

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(self.answer)


async def _serve_bare(answer: str) -> None:
    _Constant.answer = Path(answer).read_bytes()
    server = await asyncio.get_running_loop().create_server(_Constant, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


class _Silent(Journal):
    """A journal that nobody writes."""

    def note(self, entry: Entry) -> None:
        pass


#: Rules that are in the way of no call: half of another method, half of other params.
RULES = [f"person_{number}: status=500 optional" for number in range(5)]
RULES += [f"patch_get({-number}): status=500 optional" for number in range(1, 6)]


def _serve_double(kind: str, fixture: str) -> None:
    from fakepw import serve

    with serve(fixture, faults=RULES if kind == "ruled" else []) as pw:
        if kind == "silent":
            pw.run(setattr, pw._steering.pipeline, "journal", _Silent())
        gc.freeze()  # as `fakepw serve` does
        print(pw.port, flush=True)
        signal.pause()


if __name__ == "__main__":
    kind, file = sys.argv[1:]
    match kind:
        case "stdlib":
            _serve_stdlib(file)
        case "bare":
            asyncio.run(_serve_bare(file))
        case _:
            _serve_double(kind, file)
