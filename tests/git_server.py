"""Git repositories at the addresses that manifests name, without leaving this machine.

A test commits and reverts; whoever pulls does so from `https://github.com/…` through a proxy that
answers in that host's place.
"""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import threading
from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from processes import HERE
from self_signed import certificate

BRANCH: Final = "main"
_NOBODY: Final = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Tests",
    "GIT_AUTHOR_EMAIL": "tests@example.com",
    "GIT_COMMITTER_NAME": "Tests",
    "GIT_COMMITTER_EMAIL": "tests@example.com",
}
"""Nothing of whoever runs the tests."""


class Repository:
    """A repository with one branch; `url` is what others pull from."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        folder.mkdir(parents=True)
        self.git("init", "--quiet", f"--initial-branch={BRANCH}")

    @property
    def head(self) -> str:
        """The commit that the branch is at."""
        return self.git("rev-parse", "HEAD")

    def commit(self, content: Path | Mapping[str, str | None], message: str = "change") -> str:
        """Commit files by their paths (nothing deletes one), or make all of it a folder's copy."""
        if isinstance(content, Path):
            self._become(content)
        else:
            for name, text in content.items():
                file = self.folder / name
                if text is None:
                    file.unlink()
                else:
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_text(text, encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", f"--message={message}")
        return self.head

    def revert(self, commit: str = "HEAD") -> str:
        """Undo a commit with a new one."""
        self.git("revert", "--no-edit", commit)
        return self.head

    def git(self, *arguments: str) -> str:
        """Run git in the repository."""
        done = subprocess.run(  # noqa: S603 our own arguments
            ["git", *arguments], cwd=self.folder, capture_output=True, text=True, check=False,  # noqa: S607
            env={"PATH": os.environ["PATH"]} | _NOBODY,
        )  # fmt: skip
        assert done.returncode == 0, f"git {arguments[0]}: {done.stderr}"
        return done.stdout.strip()

    def _become(self, source: Path) -> None:
        for old in self.folder.iterdir():
            if old.name != ".git":
                shutil.rmtree(old) if old.is_dir() else old.unlink()
        left_out = shutil.ignore_patterns(".git")
        shutil.copytree(source, self.folder, ignore=left_out, dirs_exist_ok=True)


class GitServer:
    """Plays every host that repositories are published on; `proxy` is the only way to them.

    A client that goes through the proxy thinks that it talks to the host itself, over TLS with a
    certificate of ours in `certificates`, a file a host. Hosts that nothing is published on are
    refused: nobody gets any further than here.
    """

    def __init__(self, folder: Path, certificates: Path) -> None:
        self.folder = folder
        self.certificates = certificates
        self.repositories: dict[str, Repository] = {}
        self.hosts: dict[str, ssl.SSLContext] = {}
        self.port = 0
        self._server: _Proxy | None = None

    @property
    def proxy(self) -> str:
        """What `HTTPS_PROXY` is to be."""
        return f"http://{HERE}:{self.port}"

    def start(self) -> None:
        """Start to serve; nothing can be pushed."""
        self._server = _Proxy((HERE, 0), _Connection)
        self._server.git = self
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()

    def stop(self) -> None:
        """Serve no more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def repository(self, url: str) -> Repository:
        """The repository that is published at an address; an empty one the first time."""
        if url not in self.repositories:
            parts = urlsplit(url)
            host = parts.hostname or ""
            assert parts.scheme == "https", f"{url} is not https"
            if host not in self.hosts:
                self.hosts[host] = self._certified(host)
            folder = self.folder / host / parts.path.strip("/").removesuffix(".git")
            self.repositories[url] = Repository(folder, url)
        return self.repositories[url]

    def _certified(self, host: str) -> ssl.SSLContext:
        """What a host serves with; whoever has the certificate's file trusts it."""
        file, key = certificate(host, self.folder / "tls")
        self.certificates.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, self.certificates / host)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file, key)
        return context


class _Proxy(ThreadingHTTPServer):
    daemon_threads = True
    git: GitServer


class _Connection(BaseHTTPRequestHandler):
    """A tunnel that ends here, and then what is asked in it."""

    protocol_version = "HTTP/1.1"
    timeout = 30
    server: _Proxy
    host = ""

    def do_CONNECT(self) -> None:
        """Become the host that is asked for."""
        host = self.path.rsplit(":", 1)[0]
        context = self.server.git.hosts.get(host)
        if context is None:
            self.send_error(403, f"nothing is published on {host}")
            return
        self.send_response(200)
        self.end_headers()
        self.host = host
        self.rfile.close()
        self.request = self.connection = context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb")

    def do_GET(self) -> None:
        """What there is."""
        self._answer(b"")

    def do_POST(self) -> None:
        """What is wanted of it."""
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    def finish(self) -> None:
        """Let go of the line; the tunnel's own end is not closed by the server."""
        with suppress(OSError):
            super().finish()
        self.connection.close()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _answer(self, body: bytes) -> None:
        """Have git answer, over its CGI."""
        path, _, query = self.path.partition("?")
        repository, slash, rest = path.partition(".git/")
        done = subprocess.run(
            ["git", "http-backend"], input=body, capture_output=True, check=False,  # noqa: S607
            env={
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": str(self.server.git.folder / self.host),
                "GIT_HTTP_EXPORT_ALL": "1",
                "REQUEST_METHOD": self.command,
                "PATH_INFO": f"{repository}/{rest}" if slash else path,
                "QUERY_STRING": query,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            } | _NOBODY,
        )  # fmt: skip
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = [line.split(": ", 1) for line in head.decode().splitlines()]
        status = dict(headers).get("Status", "200").split()[0]
        self.send_response(int(status))
        for key, value in headers:
            if key not in {"Status", "Content-Length"}:
                self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
