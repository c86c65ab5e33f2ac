"""A form with files, however it is cut on its way: within limits, and nothing but a form."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.requests import Request

from hub.errors import Code, Refusal
from hub.uploads import multipart
from hub.uploads.multipart import FIELD_BYTES, FIELDS_MOST, Form
from hub.uploads.values import FILE_BYTES, FILES_MOST, TOGETHER_BYTES, Sent

KIND = "multipart/form-data; boundary=edge"


def part(name: str, content: bytes, filename: str | None = None, more: str = "") -> bytes:
    named = "" if filename is None else f'; filename="{filename}"'
    head = f'--edge\r\nContent-Disposition: form-data; name="{name}"{named}\r\n{more}\r\n'
    return head.encode() + content + b"\r\n"


def request_of(body: bytes, kind: str = KIND, size: int = 65_536) -> Request:
    pieces = [body[start : start + size] for start in range(0, len(body), size)] or [b""]
    messages: AsyncIterator[Any] = _messages(pieces)

    async def receive() -> Any:
        return await anext(messages)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"content-type", kind.encode())]}
    return Request(scope, receive)


async def _messages(pieces: list[bytes]) -> AsyncIterator[dict[str, Any]]:
    for number, piece in enumerate(pieces, 1):
        yield {"type": "http.request", "body": piece, "more_body": number < len(pieces)}


async def refused(body: bytes, kind: str = KIND) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await multipart.read(request_of(body, kind))
    return caught.value


@pytest.mark.parametrize("size", [1, 7, 65_536])
async def test_fields_and_files_come_as_they_were_sent(size: int) -> None:
    body = (
        part("form", b"key")
        + part("files", b"one\r\n--edg\r\n", "a.txt", "Content-Type: text/html\r\n")
        + part("files", b"zwei", "ü.txt")
        + part("files", b"", "")
        + part("empty", b"")
        + b"--edge--\r\n"
    )
    read = await multipart.read(request_of(body, size=size))
    assert read == Form(
        [("form", "key"), ("empty", "")],
        [("files", Sent("a.txt", b"one\r\n--edg\r\n")), ("files", Sent("ü.txt", b"zwei"))],
    )


@pytest.mark.parametrize(
    "body",
    [
        b"", b"--edge", b"nothing", part("a", b"x"), part("a", b"x", "b") + b"--edge",
        b"--edge\r\n\r\nx\r\n--edge--\r\n",
        b"--edge\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--edge--\r\n",
        b"--edge\r\nContent-Disposition: form-data; filename=a\r\n\r\nx\r\n--edge--\r\n",
        part("a", b"eA==", "b", "Content-Transfer-Encoding: base64\r\n") + b"--edge--\r\n",
        part("a", b"\xff") + b"--edge--\r\n", b"--edge\r\n" + b"X: y\r\n" * 50 + b"\r\nx\r\n--edge--\r\n",
        b"--edge\r\nX: " + b"y" * 10_000 + b"\r\n\r\nx\r\n--edge--\r\n",
        b"--other\r\n" + part("a", b"x")[8:] + b"--other--\r\n",
    ],
)  # fmt: skip
async def test_what_is_no_whole_form_is_refused(body: bytes) -> None:
    assert (await refused(body)).code is Code.INVALID


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "text/plain",
        "multipart/form-data",
        "multipart/mixed; boundary=edge",
        "multipart/form-data; boundary=" + "x" * 71,
    ],
)
async def test_what_says_that_it_is_something_else_is_refused(kind: str) -> None:
    assert (await refused(part("a", b"x") + b"--edge--\r\n", kind)).code is Code.INVALID


async def test_limits_hold_at_the_number_and_one_beyond() -> None:
    end = b"--edge--\r\n"
    fields, files = part("a", b"x") * FIELDS_MOST, part("f", b"x", "a") * FILES_MOST
    read = await multipart.read(request_of(fields + files + end))
    assert (len(read.fields), len(read.files)) == (FIELDS_MOST, FILES_MOST)
    large = part("f", b"x" * FILE_BYTES, "a") + part("a", b"x" * FIELD_BYTES)
    assert len((await multipart.read(request_of(large + end))).files) == 1
    for body in (
        fields + part("a", b"x"), files + part("f", b"x", "a"), part("a", b"x" * (FIELD_BYTES + 1)),
        part("f", b"x" * (FILE_BYTES + 1), "a"), part("f", b"x" * (TOGETHER_BYTES // 3 + 1), "a") * 3,
    ):  # fmt: skip
        assert (await refused(body + end)).code is Code.TOO_LARGE


async def test_what_is_too_much_is_not_read_to_its_end() -> None:
    read = 0

    async def receive() -> Any:
        nonlocal read
        read += 1
        head = part("f", b"", "a")[:-2] if read == 1 else b""
        return {"type": "http.request", "body": head + b"x" * 1_000_000, "more_body": True}

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"content-type", KIND.encode())]}
    with pytest.raises(Refusal):
        await multipart.read(Request(scope, receive))
    assert read <= FILE_BYTES // 1_000_000 + 1
