"""The keys: pseudonyms, sealing, and the safeguarding lead's. They lie outside the database, for their owner only.

Three keys, so that one can be renewed or lost without the others. The pseudonym's is never renewed: verdicts and history hang on
it. The content key wraps each store's own data key, so that renewing it re-wraps 32 bytes and re-seals nothing. The safeguarding
key is a pair: this machine holds the public half, which can seal and not open; the lead keeps the private half.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from detectors.base import UserError

KEY_BYTES = 32
MIN_PASSPHRASE = 12  # characters
_NONCE_BYTES = 12
_SERVICE = "social-audit"
# Hybrid public-key encryption, RFC 9180, in its base mode: whoever has the public key can seal.
_TO_LEAD = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


def home_path() -> Path:
    """Where everything the tool keeps for itself lies: SOCIAL_AUDIT_HOME, else the user's data folder."""
    return Path(os.environ.get("SOCIAL_AUDIT_HOME") or platformdirs.user_data_dir("social-audit", appauthor=False))


def home() -> Path:
    """The tool's own folder, made with mode 0700 where there is none."""
    folder = home_path()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise UserError(
            f"{folder}: cannot be made ({error.strerror}); set SOCIAL_AUDIT_HOME to a folder you may write to"
        ) from None
    return folder


@dataclass(frozen=True)
class _Files:
    """The secret keys as files of mode 0600."""

    folder: Path
    place: str = "key file"

    def read(self, name: str) -> bytes | None:
        """The bytes, None where there are none."""
        path = self.folder / f"{name}.key"
        if not path.exists():
            return None
        _owner_only(path)
        key, tries = path.read_bytes(), 50
        while not key and tries:  # another process has just made the file and not written to it yet
            time.sleep(0.02)
            key, tries = path.read_bytes(), tries - 1
        return key

    def make(self, name: str, value: bytes) -> None:
        """Put a value where there is none yet; what another process put first stays."""
        try:
            handle = os.open(self.folder / f"{name}.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return
        with os.fdopen(handle, "wb") as file:
            file.write(value)

    def replace(self, name: str, value: bytes) -> None:
        """Put a value in the place of another, whole or not at all."""
        write_owner_only(self.folder / f"{name}.key", value)

    def remove(self, name: str) -> None:
        """Take a value away."""
        (self.folder / f"{name}.key").unlink(missing_ok=True)


@dataclass(frozen=True)
class _Keyring:
    """The secret keys in the keyring of the operating system; ``owner`` tells the entries of one home from another's."""

    owner: str
    place: str = "keyring of the operating system"

    def read(self, name: str) -> bytes | None:
        import keyring

        with _keyring_errors():
            held = keyring.get_password(_SERVICE, f"{name} {self.owner}")
        return None if held is None else base64.b64decode(held)

    def make(self, name: str, value: bytes) -> None:
        if self.read(name) is None:
            self.replace(name, value)

    def replace(self, name: str, value: bytes) -> None:
        import keyring

        with _keyring_errors():
            keyring.set_password(_SERVICE, f"{name} {self.owner}", base64.b64encode(value).decode())

    def remove(self, name: str) -> None:
        import keyring

        if self.read(name) is not None:
            with _keyring_errors():
                keyring.delete_password(_SERVICE, f"{name} {self.owner}")


@contextmanager
def _keyring_errors() -> Iterator[None]:
    """Turns what the keyring raises into one line; its own text can name entries."""
    try:
        yield
    except Exception:
        raise UserError("the keyring of the operating system does not answer; unlock it and try again") from None


def _owner_only(path: Path) -> None:
    """Refuse a key, or a folder of keys, that others may read. Windows keeps its rights elsewhere."""
    if os.name != "nt" and path.stat().st_mode & 0o077:
        mode = "700" if path.is_dir() else "600"
        raise UserError(f"{path}: others on this computer may read it; close it with: chmod {mode} {path}")


def write_owner_only(path: Path, content: bytes) -> None:
    """Write a file of mode 0600, whole or not at all. Raises UserError where the folder cannot be written."""
    draft = path.with_name(f".{path.name}.part")
    try:
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise UserError(
            f"{path}: cannot be written ({error.strerror}); name a file in a folder you may write to"
        ) from None


@dataclass(frozen=True)
class Keys:
    """The key of pseudonyms, the key that wraps each store's data key with those it followed, and the lead's public key.

    ``lead`` is 32 raw bytes, None while the school has not set up its safeguarding lead.
    """

    pseudonym: bytes = field(repr=False)
    content: bytes = field(repr=False)
    retired: tuple[bytes, ...] = field(default=(), repr=False)
    lead: bytes | None = field(default=None, repr=False)

    @classmethod
    def load(cls, folder: Path | None = None) -> Keys:
        """The keys in ``folder`` (default: ``keys`` in the tool's home), made on first use.

        Raises UserError for keys that others may read, that are damaged, or of which the pseudonyms' alone is missing.
        """
        folder = _folder(folder)
        shelf = _shelf(folder)
        # Made in this order, so that a content key without the other means a loss and never a first use.
        if shelf.read("pseudonym") is None:
            if shelf.read("content") is not None:
                raise UserError(
                    f"{folder}: the pseudonym key is missing; restore it from your backup, for with a new one every pupil "
                    "would get another pseudonym and every verdict would be lost"
                )
            shelf.make("pseudonym", secrets.token_bytes(KEY_BYTES))
        shelf.make("content", secrets.token_bytes(KEY_BYTES))
        pseudonym, content = (_whole(folder, shelf.read(name)) for name in ("pseudonym", "content"))
        old = shelf.read("retired") or b""
        retired = tuple(old[at : at + KEY_BYTES] for at in range(0, len(old), KEY_BYTES))
        return cls(pseudonym, content, retired, _lead(folder))

    def mac(self, purpose: str, *values: str) -> str:
        """A keyed hash of some values, 32 hexadecimal digits; equal values under another purpose give another one."""
        return self.sign(purpose, *values)[:32]

    def sign(self, purpose: str, *values: str) -> str:
        """A keyed hash at its full length, 64 hexadecimal digits: for what must not be forged."""
        message = json.dumps([purpose, *values], ensure_ascii=True).encode()
        return hmac.new(self.pseudonym, message, hashlib.sha256).hexdigest()

    def wrap(self, data_key: bytes) -> bytes:
        """Seal a store's content key under the content key, so that rotation re-wraps and never re-seals."""
        return _encrypt(self.content, data_key, b"data key")

    def unwrap(self, wrapped: bytes) -> bytes:
        """The store's content key. Raises UserError where these are not the keys that it was made with."""
        for key in (self.content, *self.retired):
            try:
                return _decrypt(key, wrapped, b"data key")
            except InvalidTag:
                continue
        raise UserError("this store was made with other keys; set SOCIAL_AUDIT_HOME to the folder that holds them")

    def is_wrapped_now(self, wrapped: bytes) -> bool:
        """Whether a data key is wrapped under the content key of today and not under a retired one."""
        try:
            _decrypt(self.content, wrapped, b"data key")
        except InvalidTag:
            return False
        return True


def _folder(folder: Path | None) -> Path:
    folder = folder or home() / "keys"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _owner_only(folder)
    return folder


def _shelf(folder: Path) -> _Files | _Keyring:
    marker = folder / "keyring.txt"
    return _Keyring(marker.read_text(encoding="ascii").strip()) if marker.exists() else _Files(folder)


def _whole(folder: Path, key: bytes | None) -> bytes:
    if key is None or len(key) != KEY_BYTES:
        raise UserError(f"{folder}: a key is damaged; restore the keys from your backup, or the store cannot be read")
    return key


def _lead(folder: Path) -> bytes | None:
    path = folder / "safeguarding.pub"
    return read_public_key(path) if path.exists() else None


def describe(folder: Path | None = None) -> list[tuple[str, str, str]]:
    """Name, place and state of each key, for a person; never a key, nor a part of one but the fingerprint of the public one."""
    folder = _folder(folder)
    keys, place = Keys.load(folder), _shelf(folder).place
    return [
        ("pseudonym", place, "in use; never renewed, for history and verdicts hang on it"),
        (
            "content",
            place,
            f"in use; {len(keys.retired)} retired" if keys.retired else "in use; never renewed so far",
        ),
        (
            "safeguarding",
            "public half here, private half with the lead" if keys.lead else "nowhere",
            f"fingerprint {fingerprint(keys.lead)}"
            if keys.lead
            else "not set up: items with a safeguarding concern are not kept; see: social-audit keys safeguarding",
        ),
    ]


def move_to_keyring(folder: Path | None = None) -> None:
    """Keep the secret keys in the operating system's keyring from now on; key files that are there move into it.

    Raises UserError where this system has no keyring that keeps secrets.
    """
    folder = _folder(folder)
    if (folder / "keyring.txt").exists():
        return
    import keyring

    backend = keyring.get_keyring()
    # The library's own stand-ins, which keep nothing or in the clear, have a priority below 1.
    if getattr(backend, "priority", 0) < 1:
        raise UserError("this system has no keyring that keeps secrets; leave --keyring out to use key files")
    files, shelf = _Files(folder), _Keyring(secrets.token_hex(8))
    held = {n: value for n in ("pseudonym", "content", "retired") if (value := files.read(n)) is not None}
    for name, value in held.items():
        shelf.replace(name, value)
        if shelf.read(name) != value:
            raise UserError("the keyring of the operating system does not give back what it was given; use key files")
    write_owner_only(folder / "keyring.txt", shelf.owner.encode("ascii"))
    for name in held:
        files.remove(name)


def renew_content_key(folder: Path | None = None) -> Keys:
    """A new content key; the old one is retired and opens stores until each is wrapped anew."""
    folder = _folder(folder)
    keys, shelf = Keys.load(folder), _shelf(folder)
    # The old key is safe before the new one takes its place, so that a stop in between loses nothing.
    shelf.replace("retired", b"".join((keys.content, *keys.retired)))
    shelf.replace("content", secrets.token_bytes(KEY_BYTES))
    return Keys.load(folder)


def drop_retired_keys(folder: Path | None = None) -> int:
    """Destroy the retired content keys, and say how many; a store that was not wrapped anew cannot be read after that."""
    folder = _folder(folder)
    count = len(Keys.load(folder).retired)
    _shelf(folder).remove("retired")
    return count


def make_lead_keys(private: Path, passphrase: str) -> bytes:
    """Write the lead's private key, encrypted with the passphrase, and give the public half as PEM.

    Raises UserError for a passphrase shorter than ``MIN_PASSPHRASE`` characters, or a file that exists already.
    """
    if len(passphrase) < MIN_PASSPHRASE:
        raise UserError(f"the passphrase is too short; use at least {MIN_PASSPHRASE} characters, better some words")
    if private.exists():
        raise UserError(f"{private}: exists already; name another file, for records sealed to its key need it")
    key = X25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode()))
    write_owner_only(private, pem)
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def refuse_second_lead(folder: Path | None = None) -> None:
    """Raises UserError where a lead's public key is there already."""
    if (_folder(folder) / "safeguarding.pub").exists():
        raise UserError(
            "there is a safeguarding key already; with --replace a new one takes its place, and what was sealed to the old "
            "one stays readable with the old private key only"
        )


def install_lead_key(pem: bytes, folder: Path | None = None, *, replace: bool = False) -> bytes:
    """Keep the lead's public key, and give it; from now on items of concern are sealed to it.

    Raises UserError where another is there, unless ``replace``.
    """
    if not replace:
        refuse_second_lead(folder)
    path = _folder(folder) / "safeguarding.pub"
    write_owner_only(path, pem)
    return read_public_key(path)


def read_public_key(path: Path) -> bytes:
    """The 32 bytes of an X25519 public key in a PEM file. Raises UserError for anything else."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError):
        key = None
    if not isinstance(key, X25519PublicKey):
        raise UserError(f"{path}: this is no public key of: social-audit keys safeguarding; ask your lead for it again")
    return key.public_bytes_raw()


def read_private_key(path: Path, passphrase: str) -> X25519PrivateKey:
    """The lead's private key. Raises UserError for a wrong passphrase or a file that holds none."""
    try:
        key = load_pem_private_key(path.read_bytes(), passphrase.encode())
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); name the lead's private key file") from None
    except (ValueError, TypeError):
        raise UserError(f"{path}: the passphrase is wrong, or this is no private key; try again") from None
    if not isinstance(key, X25519PrivateKey):
        raise UserError(f"{path}: this is no private key of: social-audit keys safeguarding; name the right file")
    return key


def fingerprint(public: bytes) -> str:
    """The first 16 hexadecimal digits of a public key's SHA-256: enough to compare two by eye."""
    return hashlib.sha256(public).hexdigest()[:16]


def seal(data_key: bytes, value: Any, about: str) -> bytes:
    """A JSON value sealed with AES-256-GCM, bound to what it is about, so that it cannot be moved to another row."""
    return _encrypt(data_key, _json(value), about.encode())


def unseal(data_key: bytes, sealed: bytes, about: str) -> Any:
    """The value that was sealed about the same thing with the same key. Raises InvalidTag otherwise."""
    return json.loads(_decrypt(data_key, sealed, about.encode()).decode("utf-8", "surrogatepass"))


def seal_to(public: bytes, value: Any, about: str) -> bytes:
    """A JSON value that only the holder of the private key can open (HPKE, RFC 9180), bound to what it is about."""
    return _TO_LEAD.encrypt(_json(value), X25519PublicKey.from_public_bytes(public), about.encode())


def open_with(private: X25519PrivateKey, sealed: bytes, about: str) -> Any:
    """The value that was sealed to the key's public half about the same thing. Raises InvalidTag otherwise."""
    return json.loads(_TO_LEAD.decrypt(sealed, private, about.encode()).decode("utf-8", "surrogatepass"))


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _encrypt(key: bytes, data: bytes, about: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, data, about)


def _decrypt(key: bytes, sealed: bytes, about: bytes) -> bytes:
    return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], about)
