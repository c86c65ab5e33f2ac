"""Files of every kind, good and bad, made when they are needed."""

import io
import struct
import zipfile
import zlib

from PIL import Image

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"trailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
)
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!" + b"$H+H*"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 30), mode: str = "RGB", **more: object) -> bytes:
    """A picture; more: as the library's save takes it."""
    out = io.BytesIO()
    Image.new(mode, size, 120 if mode == "L" else (10, 200, 90, 255)[: len(mode)]).save(out, kind, **more)  # type: ignore[arg-type]
    return out.getvalue()


def photo() -> bytes:
    """A photograph that tells where it was taken, by whom, and which way up it is held."""
    told = Image.Exif()
    told[0x010F] = "CANARY Camera"
    told[0x0112] = 6  # to be turned by a quarter
    told[0x8825] = {1: "S", 2: (33.0, 51.0, 30.0)}
    return picture(exif=told.tobytes(), comment=b"CANARY comment", icc_profile=None)


def png_of(wide: int, high: int) -> bytes:
    """A PNG that claims a size and holds almost nothing."""
    head = struct.pack(">IIBBBBB", wide, high, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def archive(**entries: bytes) -> bytes:
    """A ZIP; a name has _ for the dot before its ending."""
    return zipped({name.replace("_", "."): content for name, content in entries.items()})


def zipped(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP with entries of any name."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name, content in entries.items():
            made.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()


def linked() -> bytes:
    """A ZIP with a symbolic link to a file of the system."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        entry = zipfile.ZipInfo("link")
        entry.external_attr = 0o120777 << 16
        made.writestr(entry, "/etc/passwd")
    return out.getvalue()


def overlapping(times: int = 50) -> bytes:
    """A ZIP whose directory names one and the same entry many times."""
    content = bytearray(archive(a_txt=b"\0" * 1_000))
    start = content.rindex(b"PK\x01\x02")
    end = content.rindex(b"PK\x05\x06")
    entry, tail = bytes(content[start:end]), bytearray(content[end:])
    entries = b"".join(entry.replace(b"a.txt", f"{number:05d}".encode()) for number in range(times))
    struct.pack_into("<HHII", tail, 8, times, times, len(entries), start)
    return bytes(content[:start]) + entries + bytes(tail)


def locked() -> bytes:
    """A ZIP that says that its entry is encrypted."""
    content = bytearray(archive(a_txt=b"text"))
    content[6] |= 1
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def lying() -> bytes:
    """A ZIP whose entry unpacks to more than its directory says."""
    content = bytearray(archive(a_txt=b"x" * 5_000))
    struct.pack_into("<I", content, 22, 10)
    struct.pack_into("<I", content, content.rindex(b"PK\x01\x02") + 24, 10)
    return bytes(content)
