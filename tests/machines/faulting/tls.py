"""Addresses where nobody is, or somebody whom nobody vouches for: TLS on loopback, with certificates of a day."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
import warnings
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.machines.faulting.door import Door, Truth

ADDRESSES_IN_ORDER = ("TLS: good",)
CURVE = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"


@dataclass(frozen=True, slots=True)
class Papers:
    """An authority of our own, and what it signed."""

    folder: Path

    @property
    def authority(self) -> Path:
        return self.folder / "authority.pem"

    def make(self) -> Papers:
        for name in ("authority", "stranger"):
            _openssl(f"req -x509 {CURVE} -days 2 -subj /CN={name}", self.folder, f"{name}.key", f"{name}.pem")
        self._sign("good", "authority", "localhost", 2)
        self._sign("unknown", "stranger", "localhost", 2)
        self._sign("expired", "authority", "localhost", -1)
        self._sign("other", "authority", "other.example", 2)
        return self

    def context(self, name: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        return context

    def old(self) -> ssl.SSLContext:
        """TLS 1.0 and nothing newer."""
        context = self.context("good")
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
        return context

    def _sign(self, name: str, by: str, host: str, days: int) -> None:
        subject = f"-subj /CN={name} -addext subjectAltName=DNS:{host}"
        _openssl(f"req {CURVE} {subject}", self.folder, f"{name}.key", f"{name}.csr")
        signer = f"-CA {self.folder}/{by}.pem -CAkey {self.folder}/{by}.key -CAcreateserial -copy_extensions copy"
        _openssl(f"x509 -req -in {self.folder}/{name}.csr {signer} -days {days}", self.folder, "", f"{name}.pem")


def _openssl(command: str, folder: Path, key: str, out: str) -> None:
    keyed = f" -keyout {folder}/{key}" if key else ""
    line = f"openssl {command}{keyed} -out {folder}/{out}"
    subprocess.run(line.split(), check=True, capture_output=True)


@dataclass(slots=True)
class Addresses:
    """By the name of the fault; `good` is one that is in order."""

    urls: dict[str, str]
    doors: list[Door]
    _silent: list[socket.socket] = field(default_factory=list)

    def close(self) -> None:
        for door in self.doors:
            door.close()
        for listener in self._silent:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()


def open_addresses(papers: Papers, truth: Truth) -> Addresses:
    wanted = {"good": "good", "unknown authority": "unknown", "expired": "expired", "other host": "other"}
    contexts = {f"TLS: {name}": papers.context(file) for name, file in wanted.items()}
    doors = {
        name: Door(truth, context).open() for name, context in (contexts | {"TLS: 1.0 only": papers.old()}).items()
    }
    plain = Door(truth).open()
    urls = {name: f"https://localhost:{door.port}" for name, door in doors.items()}
    cutting = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_cut, args=(cutting,), daemon=True).start()
    urls |= {"TLS: cut": f"https://localhost:{cutting.getsockname()[1]}", "no TLS": f"https://localhost:{plain.port}"}
    urls |= {"refused port": f"http://127.0.0.1:{_nobody()}", "unknown name": "http://nobody.invalid"}
    return Addresses(urls, [*doors.values(), plain], [cutting])


def _nobody() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _cut(listener: socket.socket) -> None:
    """Every connection ends in the middle of the handshake."""
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            connection.recv(16)
            connection.close()
