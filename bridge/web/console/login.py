"""`/login` and `/logout`. Whom a proxy names is asked for nothing but whether to go on.

Rule: what is told never depends on which part was wrong; few passwords are looked at at once, because each takes 64 MiB
and a tenth of a second.
"""

from __future__ import annotations

from math import ceil
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from flask import Blueprint, Response, redirect, request

from bridge.flows import access, sessions
from bridge.web.answers import Refusal
from bridge.web.console import cookies
from bridge.web.console.guard import Guard, local
from bridge.web.console.rendering import page

if TYPE_CHECKING:
    from bridge.app import Parts

AT_ONCE = 2
LONGEST_NAME = 256


class Login:
    def __init__(self, parts: Parts, guard: Guard) -> None:
        self._parts, self._guard = parts, guard
        self._room = BoundedSemaphore(AT_ONCE)

    def show(self) -> Response:
        self._guard.cookie()
        there = local(request.args.get("next", ""))
        return _to(there) if self._guard.known() else self._page(there)

    def enter(self) -> Response:
        cookie = self._guard.cookie()
        self._guard.must_be_ours()
        there = local(request.form.get("next", ""))
        if (name := self._guard.named()) is not None:
            self._guard.let_in(name)
            return _to(there)
        if not self._is_open:
            return self._page(there, status=403)
        try:
            session_id = self._log_in()
        except access.Mistaken as fault:
            return self._page(there, str(fault), 401)
        except access.Locked as fault:
            return _later(self._page(there, _wait(fault), 429), ceil(fault.after.total_seconds()))
        response = _to(there)
        cookies.give(response, cookie, session_id)
        return response

    def leave(self) -> Response:
        cookie = self._guard.cookie()
        sessions.log_out(self._parts, cookies.carried(cookie), self._guard.address())
        response = _to("/login")
        cookies.take_back(response, cookie)
        return response

    @property
    def _is_open(self) -> bool:
        return self._parts.config.console.password_hash is not None

    def _log_in(self) -> str:
        if not self._room.acquire(blocking=False):
            raise Refusal(503, "busy", "Others are logging in at this moment. Try again.", (("Retry-After", "1"),))
        try:
            return access.log_in(self._parts, _typed(), self._guard.address())
        finally:
            self._room.release()

    def _page(self, there: str, fault: str = "", status: int = 200) -> Response:
        console = self._parts.config.console
        ways = {
            "by_proxy": console.proxy_header,
            "is_open": self._is_open,
            "with_code": console.totp_secret is not None,
        }
        return page("login.html", status, title="Log in", there=there, fault=fault, named=self._guard.named(), **ways)


def add(doors: Blueprint, parts: Parts, guard: Guard) -> None:
    login = Login(parts, guard)
    doors.add_url_rule("/login", "login", login.show, methods=["GET"])
    doors.add_url_rule("/login", "enter", login.enter, methods=["POST"])
    doors.add_url_rule("/logout", "logout", login.leave, methods=["POST"])


def _typed() -> access.Said:
    name, password, code = (request.form.get(field, "") for field in ("username", "password", "code"))
    return access.Said(name[:LONGEST_NAME], password, code)


def _wait(fault: access.Locked) -> str:
    minutes = ceil(fault.after.total_seconds() / 60)
    return f"Too many logins failed. Try again in {minutes} minute{'s' if minutes > 1 else ''}."


def _later(response: Response, seconds: int) -> Response:
    response.headers["Retry-After"] = str(max(1, seconds))
    return response


def _to(path: str) -> Response:
    return redirect(path, 303)  # type: ignore[return-value]  # Flask's redirect makes Flask's Response
