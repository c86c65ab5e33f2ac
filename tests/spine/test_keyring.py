"""The keyring: made once, kept whole, and silent about what it holds."""

import json
import multiprocessing
import pickle
import stat
from pathlib import Path
from uuid import UUID

import pytest

from hub.errors import Unready
from hub.keyring import Key, Keyring, Secret, Use, is_signed, read_or_generate, write
from hub.settings import Mode, load
from hub.vault import Vault, open_vault

KEYRING = Keyring.generate()


def test_a_keyring_written_and_read_again_is_the_same() -> None:
    again = Keyring.load(KEYRING.dump())
    assert again == KEYRING
    assert again.dump() == KEYRING.dump()
    assert again.public_jwks() == KEYRING.public_jwks()


def test_key_material_shows_in_no_repr_no_error_and_no_pickle() -> None:
    secrets = [row["secret"] for row in json.loads(KEYRING.dump())["keys"]]
    vault = Vault(KEYRING)
    data_key = vault.unwrap(UUID(int=1), vault.new_customer_key(UUID(int=1)))
    blind = vault.blind_email("jane@example.com")
    shown = f"{KEYRING!r}{KEYRING.keys}{KEYRING.current(Use.WRAP)}{data_key!r}{vars(vault)}{blind}"
    assert not any(secret in shown for secret in secrets)
    assert not any(repr(key.secret.reveal())[2:-1] in shown for key in KEYRING.keys)
    assert "jane" not in shown
    for broken in _broken_documents():
        with pytest.raises(Unready) as raised:
            Keyring.load(broken)
        assert raised.value.__cause__ is None
        assert not any(secret in str(raised.value) for secret in secrets)
    with pytest.raises(TypeError):
        pickle.dumps(KEYRING.current(Use.WRAP).secret)


def _broken_documents() -> list[str]:
    text, wrap = KEYRING.dump(), KEYRING.current(Use.WRAP)
    secret = json.loads(text)["keys"][0]["secret"]
    changes = [
        ("}", ""),
        ('"version": 1', '"version": 2'),
        (secret, secret[:-2]),
        (secret, secret + "!"),
        ('"origin"', '"x"'),
        ('"use": "seal"', '"use": "wrap"'),
        ('"use": "seal"', '"use": "none"'),
        ('"current": {', '"current": {"x": "y",'),
        (f'"wrap": "{wrap.id}"', '"wrap": "wrap-00000000"'),
        ('"keys": [', '"keys": [7,'),
        (KEYRING.current(Use.INDEX).id, "index-XYZ"),
        (wrap.created_at.isoformat(), "yesterday"),
    ]
    assert all(old in text for old, _ in changes)
    return ["", "[]", "null", "7", *(text.replace(old, new) for old, new in changes)]


def test_two_keys_with_one_id_are_refused() -> None:
    document = json.loads(KEYRING.dump())
    document["keys"].append(document["keys"][0])
    with pytest.raises(Unready, match="same id"):
        Keyring.load(json.dumps(document))


def test_the_current_key_cannot_be_dropped() -> None:
    with pytest.raises(ValueError, match="rotate first"):
        KEYRING.without(KEYRING.current(Use.SEAL).id)


def test_signatures_verify_with_the_published_key_alone() -> None:
    signature, public = KEYRING.sign(b"root"), KEYRING.seal_keys[KEYRING.current(Use.SEAL).id]
    assert is_signed(b"root", signature, public)
    assert not is_signed(b"toor", signature, public)
    assert not is_signed(b"root", signature[:-1], public)
    assert not is_signed(b"root", signature, public[:-1])
    assert not is_signed(b"root", signature, next(iter(Keyring.generate().seal_keys.values())))


def test_published_keys_hold_no_private_half_and_old_ones_stay() -> None:
    rotated = KEYRING.rotated(Use.SEAL).rotated(Use.TOKEN)
    published = rotated.public_jwks()["keys"]
    assert [key["alg"] for key in published] == ["ES256", "ES256", "EdDSA", "EdDSA"]
    assert not any("d" in key for key in published)
    assert published[0]["kid"] == rotated.current(Use.TOKEN).id
    assert rotated.private_jwk() == {**published[0], "d": rotated.private_jwk()["d"]}
    assert set(rotated.seal_keys) > set(KEYRING.seal_keys)


def test_the_first_start_makes_a_private_keyring_and_the_second_reads_it(tmp_path: Path) -> None:
    settings = load(mode=Mode.DEMO, data_dir=tmp_path / "data")
    first, second = open_vault(settings), open_vault(settings)
    assert first.keyring == second.keyring
    assert stat.S_IMODE((tmp_path / "data/keyring.json").stat().st_mode) == 0o600
    assert open_vault(load(mode=Mode.DEMO, data_dir=tmp_path, keyring=KEYRING.dump())).keyring == KEYRING


def _origin(path: Path) -> str:
    return read_or_generate(path).origin


def test_twelve_processes_that_start_at_once_share_one_keyring(tmp_path: Path) -> None:
    with multiprocessing.get_context("fork").Pool(12) as pool:
        origins = pool.map(_origin, [tmp_path / "keyring.json"] * 12, chunksize=1)
    assert len(set(origins)) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["keyring.json", "keyring.json.lock"]


def test_replacing_the_keyring_file_is_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    read_or_generate(path)
    write(KEYRING, path)
    assert read_or_generate(path) == KEYRING
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]"])
def test_a_broken_keyring_file_is_never_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "keyring.json"
    path.write_bytes(content)
    with pytest.raises(Unready):
        read_or_generate(path)
    assert path.read_bytes() == content


def test_a_keyring_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unready, match="cannot be read or made"):
        read_or_generate(tmp_path / "file" / "keyring.json")


def test_a_secret_compares_and_prints_as_nothing() -> None:
    key = Key("wrap-00000000", Use.WRAP, KEYRING.keys[0].created_at, Secret(b"hush" * 8))
    assert "hush" not in f"{key!r}{key}{key.secret}{[key.secret]}"
