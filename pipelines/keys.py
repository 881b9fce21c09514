"""The keys: pseudonyms and sealing. They lie outside the database, readable by their owner only."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from detectors.base import UserError

KEY_BYTES = 32
_NONCE_BYTES = 12


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


def _key(path: Path) -> bytes:
    """The key in the file, made when there is none. Two processes that make it at once end with the same key."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    else:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise UserError(f"{path}: this key file is damaged; restore it from your backup, or the store cannot be read")
    return key


@dataclass(frozen=True)
class Keys:
    """The key of pseudonyms, never rotated silently, and the key that wraps each store's own content key."""

    pseudonym: bytes = field(repr=False)
    content: bytes = field(repr=False)

    @classmethod
    def load(cls, folder: Path | None = None) -> Keys:
        """The keys in ``folder`` (default: ``keys`` in the tool's home), made on first use."""
        folder = folder or home() / "keys"
        return cls(_key(folder / "pseudonym.key"), _key(folder / "content.key"))

    def mac(self, purpose: str, *values: str) -> str:
        """A keyed hash of some values, 32 hexadecimal digits; equal values under another purpose give another one."""
        message = json.dumps([purpose, *values], ensure_ascii=True).encode()
        return hmac.new(self.pseudonym, message, hashlib.sha256).hexdigest()[:32]

    def wrap(self, data_key: bytes) -> bytes:
        """Seal a store's content key under the content key, so that rotation re-wraps and never re-seals."""
        return _encrypt(self.content, data_key, b"data key")

    def unwrap(self, wrapped: bytes) -> bytes:
        """The store's content key. Raises UserError where these are not the keys that it was made with."""
        try:
            return _decrypt(self.content, wrapped, b"data key")
        except InvalidTag:
            raise UserError(
                "this store was made with other keys; set SOCIAL_AUDIT_HOME to the folder that holds them"
            ) from None


def seal(data_key: bytes, value: Any, about: str) -> bytes:
    """A JSON value sealed with AES-256-GCM, bound to what it is about, so that it cannot be moved to another row."""
    return _encrypt(data_key, json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"), about.encode())


def unseal(data_key: bytes, sealed: bytes, about: str) -> Any:
    """The value that was sealed about the same thing with the same key. Raises InvalidTag otherwise."""
    return json.loads(_decrypt(data_key, sealed, about.encode()).decode("utf-8", "surrogatepass"))


def _encrypt(key: bytes, data: bytes, about: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, data, about)


def _decrypt(key: bytes, sealed: bytes, about: bytes) -> bytes:
    return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], about)
