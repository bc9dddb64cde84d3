"""Why an answer is none, in words for people."""

from __future__ import annotations

from bridge.model import Answer, Response


def why(answer: Answer) -> str:
    return f"status {answer.status}" if isinstance(answer, Response) else answer.reason
