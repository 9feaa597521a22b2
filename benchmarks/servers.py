"""The servers that are measured, each in a process of its own: fakepw and its two baselines.

    python -m benchmarks.servers stdlib FIXTURE    what one would write with the standard library
    python -m benchmarks.servers bare ANSWER       asyncio, and the bytes of a file for an answer

Both print their port.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import tempfile
import xmlrpc.client
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from fakepw.fixtures import load
from fakepw.patchwork.rows.rows import Dataset


@contextmanager
def fakepw(fixture: Path, instance: str | None = None) -> Iterator[int]:
    """`fakepw serve` in a process, and its port."""
    command = [sys.executable, "-m", "fakepw", "serve", str(fixture), "--port", "0", "--json"]
    if instance is not None:
        command += ["--instance", instance]
    with _process(command) as line:
        yield int(json.loads(line)["url"].split(":")[2].split("/")[0])


@contextmanager
def stdlib(fixture: Path) -> Iterator[int]:
    """The baseline: ThreadingHTTPServer and `xmlrpc.client` over the same rows."""
    with _process([sys.executable, "-m", "benchmarks.servers", "stdlib", str(fixture)]) as line:
        yield int(line)


@contextmanager
def bare(answer: Path) -> Iterator[int]:
    """The ceiling: asyncio writing a constant for whatever it reads."""
    with _process([sys.executable, "-m", "benchmarks.servers", "bare", str(answer)]) as line:
        yield int(line)


@contextmanager
def _process(command: list[str]) -> Iterator[str]:
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
            yield line
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

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        params, method = xmlrpc.client.loads(body)
        result = getattr(self, f"call_{method}")(*params)
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

    def call_patch_list(self, filt: dict[str, int]) -> list[dict[str, Any]]:
        return self.patches[: filt["max_count"]]

    def log_message(self, format: str, *args: Any) -> None:
        pass


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
    _Handler.patches = list(_members(load(fixture)))
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


if __name__ == "__main__":
    kind, file = sys.argv[1:]
    if kind == "stdlib":
        _serve_stdlib(file)
    else:
        asyncio.run(_serve_bare(file))
