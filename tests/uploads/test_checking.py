"""A file is what its bytes say, comes without what it carried, or is not taken."""

import io
import zipfile

import pytest
from PIL import Image

from hub.errors import Code, Refusal
from hub.settings import Settings
from hub.uploads import checking, names
from hub.uploads.values import DOCUMENTS, FILE_BYTES, FILES_MOST, Checked, FileKind, Scan, Sent
from tests.uploads.files import (
    PDF,
    SVG,
    archive,
    linked,
    locked,
    lying,
    overlapping,
    photo,
    picture,
    png_of,
    zipped,
)

ARCHIVES = frozenset({FileKind.ZIP})


async def check(settings: Settings, name: str, content: bytes, **given: frozenset[FileKind]) -> Checked:
    return await checking.check(settings, Sent(name, content), "files", 0, **given)


async def refused(settings: Settings, name: str, content: bytes, **given: frozenset[FileKind]) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await check(settings, name, content, **given)
    assert caught.value.path == ("files", 0)
    return caught.value


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.pdf", PDF, FileKind.PDF), ("a.txt", PDF, FileKind.PDF), ("a.jpg", picture(), FileKind.JPEG),
        ("a.exe", picture("PNG"), FileKind.PNG), ("", picture("WEBP"), FileKind.WEBP),
        ("a.txt", "Grüße\n".encode(), FileKind.TEXT), ("a.html", b"no markup", FileKind.TEXT),
        ("a.csv", b"a,b\n1,2\n", FileKind.CSV), ("a.csv", b'{"a": 1}', FileKind.JSON),
        ("a.txt", b"{not json", FileKind.TEXT), ("a.json", b"\xef\xbb\xbf[1]", FileKind.JSON),
    ],
)  # fmt: skip
async def test_a_file_is_what_its_bytes_say(
    settings: Settings, name: str, content: bytes, kind: FileKind
) -> None:
    taken = await check(settings, name, content)
    assert (taken.kind, taken.scan) == (kind, Scan.NOT_SCANNED)
    assert taken.name.lower().endswith((".pdf", ".jpg", ".png", ".webp", ".txt", ".csv", ".json"))


@pytest.mark.parametrize(
    "content",
    [
        b"", b"   \n", SVG, b"<!doctype html><script>alert(1)</script>", b"\xef\xbb\xbf \n<svg onload=alert(1)>",
        b"GIF89a" + bytes(40), b"MZ" + bytes(200), b"\x7fELF" + bytes(200), b"text\0with nul", b"\xff\xfeU\0T\0F\0",
        b"caf\xe9 in another encoding", b"%PDF-1.4\n cut off", b"%PDF-9.9\nstartxref\n0\n%%EOF", b"#!/bin/sh\x07",
        b"not at the start\n" + PDF[:-1] + b"\0", b"RIFF\0\0\0\0AVI LIST", archive(a_txt=b"x"),
        b"%!PS-Adobe-3.0\n\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), b"II*\0" + bytes(100),
    ],
)  # fmt: skip
async def test_what_we_do_not_take_is_refused_and_it_is_said_what_we_take(
    settings: Settings, content: bytes
) -> None:
    refusal = await refused(settings, "passport.pdf", content)
    assert refusal.code is Code.INVALID
    assert "PDF, JPEG, PNG, WebP, plain text, CSV or JSON" in refusal.message


@pytest.mark.parametrize(
    "content",
    [
        PDF + archive(a_class=b"x"),
        PDF + b"<html><script>alert(1)</script>",
        b"text first\n" + archive(a_class=b"x"),
    ],
    ids=["a PDF and an archive", "a PDF and a page", "a text and an archive"],
)
async def test_what_is_two_things_at_once_is_none(settings: Settings, content: bytes) -> None:
    assert (await refused(settings, "a.pdf", content)).code is Code.INVALID


async def test_an_archive_whose_comment_ends_like_a_pdf_is_none(settings: Settings) -> None:
    both = io.BytesIO(b"%PDF-1.4\n")
    with zipfile.ZipFile(both, "a") as made:
        made.writestr("a.class", "x")
        made.comment = b"startxref\n9\n%%EOF"
    assert (await refused(settings, "a.pdf", both.getvalue())).code is Code.INVALID


async def test_a_photograph_comes_without_where_and_by_whom_it_was_taken(settings: Settings) -> None:
    taken = await check(settings, "IMG_1.JPG", photo())
    with Image.open(io.BytesIO(taken.content)) as shown:
        assert dict(shown.getexif()) == {}
        assert "comment" not in shown.info
        assert shown.size == (30, 40), "it is the right way up"
    assert b"CANARY" not in taken.content
    assert taken.name == "IMG_1.JPG"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_what_was_hidden_behind_or_inside_a_picture_is_gone(settings: Settings, kind: str) -> None:
    hidden = archive(Evil_class=b"CANARY") + b"<script>CANARY</script>"
    taken = await check(settings, "a", picture(kind) + hidden)
    assert b"CANARY" not in taken.content
    assert not zipfile.is_zipfile(io.BytesIO(taken.content))


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16", "CMYK", "YCbCr"])
async def test_pictures_of_every_make_are_painted(settings: Settings, mode: str) -> None:
    out = io.BytesIO()
    kind = "JPEG" if mode in {"CMYK", "YCbCr"} else "PNG"
    Image.new(mode, (9, 7)).save(out, kind)
    taken = await check(settings, "a", out.getvalue())
    with Image.open(io.BytesIO(taken.content)) as shown:
        assert shown.size == (9, 7)


@pytest.mark.parametrize("size", [(60_000, 60_000), (8_000, 8_000), (30_000, 10)])
async def test_a_picture_that_would_fill_the_memory_is_refused_by_its_head(
    settings: Settings, size: tuple[int, int]
) -> None:
    refusal = await refused(settings, "a.png", png_of(*size))
    assert refusal.code is Code.TOO_LARGE
    assert "40 million pixels" in refusal.message


@pytest.mark.parametrize(
    "content",
    [png_of(50, 50), picture()[:-200], picture("PNG")[:60], b"\xff\xd8\xff" + bytes(100), picture("WEBP")[:40],
     b"\x89PNG\r\n\x1a\n" + bytes(50)],
)  # fmt: skip
async def test_a_damaged_picture_is_refused_in_words(settings: Settings, content: bytes) -> None:
    refusal = await refused(settings, "a.png", content)
    assert refusal.code is Code.INVALID
    assert "damaged" in refusal.message


async def test_a_plain_archive_is_taken_where_archives_are(settings: Settings) -> None:
    content = archive(a_txt=b"text" * 1_000, b_pdf=PDF)
    assert (await check(settings, "all", content, allowed=ARCHIVES)) == Checked(
        "all.zip", FileKind.ZIP, content
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (zipped({"a.txt": bytes(8 * 2**20)}), "packed more tightly"),
        (zipped({f"{number}.txt": b"" for number in range(501)}), "more than 500 files"),
        (zipped({}), "empty"), (archive(b_zip=b"x"), "another archive"),
        (archive(b_txt=archive(a_txt=b"x")), "another archive"), (zipped({"../a": b"x"}), "leads elsewhere"),
        (zipped({"/etc/a": b"x"}), "leads elsewhere"), (zipped({"c:a": b"x"}), "leads elsewhere"),
        (zipped({"a/../../b": b"x"}), "leads elsewhere"), (linked(), "no file"), (overlapping(), "overlap"),
        (locked(), "password"), (lying(), ""), (zipped({"a": b"x"}, zipfile.ZIP_BZIP2), "unusual"),
        (zipped({"a.txt": b"x", "A.TXT": b"y"}), "two files"), (archive(a_txt=b"x")[:-8], "damaged"),
        (b"PK\x03\x04" + bytes(100), "damaged"),
    ],
)  # fmt: skip
async def test_an_archive_that_is_a_trap_is_refused_and_it_is_said_why(
    settings: Settings, content: bytes, why: str
) -> None:
    refusal = await refused(settings, "a.zip", content, allowed=ARCHIVES)
    assert refusal.code is Code.INVALID
    assert why in refusal.message


async def test_sizes_hold_at_the_limit_and_one_beyond(settings: Settings) -> None:
    assert (await check(settings, "a", b"x" * FILE_BYTES)).kind is FileKind.TEXT
    assert (await refused(settings, "a", b"x" * (FILE_BYTES + 1))).code is Code.TOO_LARGE
    files = [Sent("a", b"x")] * (FILES_MOST + 1)
    assert len(await checking.check_all(settings, files[:-1], "files")) == FILES_MOST
    with pytest.raises(Refusal) as caught:
        await checking.check_all(settings, files, "files")
    assert (caught.value.code, caught.value.path) == (Code.TOO_LARGE, ("files",))


async def test_one_bad_file_among_good_ones_is_named_by_its_place(settings: Settings) -> None:
    with pytest.raises(Refusal) as caught:
        await checking.check_all(settings, [Sent("a", b"x"), Sent("b", SVG)], "files", allowed=DOCUMENTS)
    assert caught.value.path == ("files", 1)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Passport.PDF", "Passport.PDF"), ("a.pdf.exe", "a.pdf.exe.pdf"), ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\mika\\scan.pdf", "scan.pdf"), ("", "file.pdf"), (".pdf", "file.pdf"), ("...", "file.pdf"),
        ("a\r\nSet-Cookie: x=1.pdf", "aSet-Cookie x=1.pdf"), ("\u202efdp.exe", "fdp.exe.pdf"),
        ('a"b<c>|?*.pdf', "abc.pdf"), ("  many   spaces  .pdf", "many spaces.pdf"), ("x" * 300, "x" * 96 + ".pdf"),
        ("جواز السفر.pdf", "جواز السفر.pdf"), ("e\u0301.pdf", "é.pdf"), ("a\u200b\u2066b.pdf", "ab.pdf"),
        ("\0", "file.pdf"), ("a\ud800.pdf", "a.pdf"),
    ],
)  # fmt: skip
def test_a_name_is_one_plain_line_that_ends_as_its_kind(said: str, kept: str) -> None:
    assert names.clean(said, FileKind.PDF) == kept


@pytest.mark.parametrize("name", ["a.pdf", "جواز.pdf", 'a";x=y.pdf', "a%0d%0ab.pdf"])
def test_the_header_of_a_download_holds_one_file_name(name: str) -> None:
    said = names.disposition(name)
    assert said.startswith("attachment; ")
    assert said.isascii()
    assert said.count('"') == 2
    assert said.count(";") == 2
