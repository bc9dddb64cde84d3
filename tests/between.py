"""A line to a server that a test may cut or stop, as networks and failing machines do."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Event, Thread


class Between:
    """A line to the server that is cut once it has carried `cut_at` there, before the answer comes back. `shut`: nobody
    gets through before `open`."""

    def __init__(self, port, shut=False):
        self._port, self.cut_at = port, None
        self._held = Event()  # of the lines that there are
        self._door = socket.socket()
        self._door.bind(("127.0.0.1", 0))
        if not shut:
            self.open()

    def open(self):
        self._door.listen()
        Thread(target=self._take, daemon=True).start()

    def url(self, name):
        return f"postgresql://bridge@127.0.0.1:{self._door.getsockname()[1]}/{name}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._door.close()

    def hold(self):
        """The lines that there are carry nothing any more, and stay open."""
        self._held.set()
        self._held = Event()

    def _take(self):
        while True:
            try:
                client, _ = self._door.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._port))
            cut, held = Event(), self._held
            Thread(target=self._carry, args=(client, server, cut, held, True), daemon=True).start()
            Thread(target=self._carry, args=(server, client, cut, held, False), daemon=True).start()

    def _carry(self, one, other, cut, held, there):
        with suppress(OSError):
            while data := one.recv(65536):
                if held.is_set():
                    continue
                if there and self.cut_at and self.cut_at in data:
                    cut.set()
                if not there and cut.is_set():
                    break
                other.sendall(data)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
