"""A bucket of a service that speaks S3, small: objects, uploads in parts, lists; and faults on demand."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import md5
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


@dataclass
class Bucket:
    """What is in it. fails: how many of the next writes are answered with an error."""

    url: str = ""
    objects: dict[str, bytes] = field(default_factory=dict[str, bytes])
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict[str, dict[int, bytes]])
    written: dict[str, datetime] = field(default_factory=dict[str, datetime])
    fails: int = 0

    async def answer(self, request: Request) -> Response:
        """Answer one call."""
        key, asked = request.path_params.get("key", ""), request.query_params
        body = await request.body()
        match request.method:
            case "GET" if "list-type" in asked:
                return _xml(self._listed(asked.get("prefix", "")))
            case "GET" | "HEAD":
                return self._read(key)
            case "DELETE":
                gone = self.uploads.pop(asked.get("uploadId", ""), None)
                if gone is None:
                    self.objects.pop(key, None)
                return Response(status_code=204)
            case "POST" if "delete" in asked:
                return _xml(self._deleted(body))
            case "POST" if "uploads" in asked:
                upload = f"upload-{len(self.uploads) + 1}"
                self.uploads[upload] = {}
                return _xml(
                    f"<InitiateMultipartUploadResult><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>"
                )
            case _:
                return self._write(key, body, asked.get("uploadId"), int(asked.get("partNumber", 0)))

    def _write(self, key: str, body: bytes, upload: str | None, number: int) -> Response:
        if self.fails:
            self.fails -= 1
            return Response("<Error><Code>AccessDenied</Code></Error>", 403)
        tag = md5(body, usedforsecurity=False).hexdigest()
        if upload is not None and number:
            self.uploads[upload][number] = body
            return Response(headers={"ETag": f'"{tag}"'})
        if upload is not None:
            parts = self.uploads.pop(upload)
            body = b"".join(parts[each] for each in sorted(parts))
        self.objects[key], self.written[key] = body, datetime.now(UTC)
        if upload is not None:
            return _xml(
                f"<CompleteMultipartUploadResult><ETag>&quot;{tag}&quot;</ETag></CompleteMultipartUploadResult>"
            )
        return Response(headers={"ETag": f'"{tag}"'})

    def _read(self, key: str) -> Response:
        if key not in self.objects:
            return Response("<Error><Code>NoSuchKey</Code></Error>", 404)
        headers = {"ETag": '"x"', "Last-Modified": format_datetime(self.written[key], usegmt=True)}
        return Response(self.objects[key], headers=headers)

    def _listed(self, prefix: str) -> str:
        rows = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>{self.written[key]:%Y-%m-%dT%H:%M:%S.000Z}</LastModified>"
            f"<ETag>&quot;x&quot;</ETag><Size>{len(body)}</Size></Contents>"
            for key, body in sorted(self.objects.items())
            if key.startswith(prefix)
        )
        return (
            f'<ListBucketResult xmlns="{NAMESPACE}"><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>'
        )

    def _deleted(self, body: bytes) -> str:
        keys = [str(each.text) for each in ET.fromstring(body).iter() if each.tag.endswith("Key")]  # noqa: S314 - our own
        for key in keys:
            self.objects.pop(key, None)
        return (
            "<DeleteResult>"
            + "".join(f"<Deleted><Key>{escape(key)}</Key></Deleted>" for key in keys)
            + "</DeleteResult>"
        )


def _xml(text: str) -> Response:
    return Response(text, media_type="application/xml")


@asynccontextmanager
async def serving() -> AsyncGenerator[Bucket]:
    """A bucket named `files`, on a port of its own."""
    bucket = Bucket()
    methods = ["GET", "HEAD", "PUT", "POST", "DELETE"]
    routes = [
        Route(path, bucket.answer, methods=methods) for path in ("/files", "/files/", "/files/{key:path}")
    ]
    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=routes), port=0, log_level="error", lifespan="off")
    )
    running = asyncio.ensure_future(server.serve())
    while not server.started:  # noqa: ASYNC110 - it has no event to wait for
        await asyncio.sleep(0.01)
    bucket.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    yield bucket
    server.should_exit = True
    await running
