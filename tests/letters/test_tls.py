"""In production a letter is said only to a mail server that proves who it is, over TLS."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from hub import readiness
from hub.act import Hub
from hub.errors import Unready
from hub.settings import load
from tests.letters.conftest import Desk, Server, desk_of, in_production, trusting


def certificate(folder: Path, host: str, *, days: int = 1) -> Path:
    """Write a certificate for a host, signed by itself, with its key; valid from days before now to days after."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)]),
    )
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=3))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{host}-{days}.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(made.public_bytes(Encoding.PEM) + secret)
    return file


async def try_once(desk: Desk) -> tuple[str, int]:
    letter_id = await desk.queue()
    await desk.deliver(letter_id)
    row = await desk.row(letter_id)
    return row["state"], row["attempts"]


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_a_server_with_a_good_certificate_gets_the_letter(
    hub: Hub, superuser: asyncpg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    file = certificate(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    if scheme == "smtp":
        server = Server(options={"tls_context": trusting(str(file)), "require_starttls": True})
    else:
        server = Server(wrapped=trusting(str(file)))
    async with (
        server.receiving(),
        desk_of(in_production(hub, f"{scheme}://localhost:{server.port}"), superuser) as desk,
    ):
        assert await try_once(desk) == ("SENT", 1)
        assert (await readiness.mail(desk.hub.settings)).ok


@pytest.mark.parametrize("fault", ["nobody knows it", "another host", "out of date", "no tls", "no smtps"])
async def test_any_other_server_gets_nothing_and_the_letter_waits(
    hub: Hub, superuser: asyncpg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    host, days = (
        ("mail.example.org" if fault == "another host" else "localhost"),
        (-1 if fault == "out of date" else 1),
    )
    file = certificate(tmp_path, host, days=days)
    if fault != "nobody knows it":
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
    server = Server(options={} if fault.startswith("no ") else {"tls_context": trusting(str(file))})
    async with server.receiving():
        scheme = "smtps" if fault == "no smtps" else "smtp"
        async with desk_of(in_production(hub, f"{scheme}://localhost:{server.port}"), superuser) as desk:
            assert await try_once(desk) == ("QUEUED", 0)
            said = await readiness.mail(desk.hub.settings)
    assert not said.ok
    assert server.came == []


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"mail_from": "Firm <a@b.example>"}, "HUB_MAIL_FROM: must be an address alone"),
        ({"mail_reply_to": "a@b.example\r\nBcc: c@d.example"}, "HUB_MAIL_REPLY_TO: must be an address alone"),
        (
            {"mail_from": "privacy-team@b.example"},
            "HUB_MAIL_BOUNCE: give an address with at most 11 characters",
        ),
        (
            {"mail_bounce": "undeliverable@b.example"},
            "HUB_MAIL_BOUNCE: give an address with at most 11 characters",
        ),
        ({"smtp_url": "http://localhost"}, "HUB_SMTP_URL: must begin with smtp:// or smtps://"),
        ({"mode": "production", "smtp_url": "smtp://localhost"}, "HUB_MAIL_FROM: needed in production"),
    ],
)
def test_a_setting_that_cannot_work_is_named_at_the_start(
    hub: Hub, tmp_path: Path, given: dict[str, str], complaint: str
) -> None:
    keyring = hub.vault.keyring.dump()
    plain = {"mode": "run", "database_url": hub.database.url, "public_url": "https://hub.example.org"}
    with pytest.raises(Unready, match=complaint):
        load(data_dir=tmp_path, keyring=keyring, **{**plain, **given})
    long = load(
        data_dir=tmp_path,
        keyring=keyring,
        mail_from="privacy-team@b.example",
        mail_bounce="back@b.example",
        **plain,
    )
    assert (long.mail_sender, long.mail_bounces) == ("privacy-team@b.example", "back@b.example")
    assert load(data_dir=tmp_path, keyring=keyring, **plain).mail_bounces == "privacy@hub.example.org"
