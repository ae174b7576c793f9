"""Secrets that are kept: encrypted with a key of the operator's, which the database does not hold.

AES-256-GCM under a key derived from COPYDESK_SECRET_KEY (HKDF-SHA256, RFC 5869). What a secret is
for is bound to it, so that a row cannot be moved to another feed or to another server's address.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION: Final = b"\x01"
_MARK_BYTES: Final = 8  # tells which key sealed it
_NONCE_BYTES: Final = 12
_SEALED: Final = "sealed:"


class SealFault(StrEnum):
    """Why a sealed secret cannot be opened."""

    NO_KEY = "no_key"
    OTHER_KEY = "other_key"  # sealed under a key that is not there
    BROKEN = "broken"  # changed, or sealed for something else


class Sealer:
    """Seals with the first of its keys, and opens what any of them has sealed."""

    def __init__(self, keys: Sequence[str] = ()) -> None:
        self._keys = [_derived(key) for key in keys]

    @property
    def has_key(self) -> bool:
        return bool(self._keys)

    def seal(self, secret: str, *, bound_to: str) -> bytes:
        """The secret, encrypted; RuntimeError without a key, which callers ask for first."""
        if not self._keys:
            raise RuntimeError("sealing needs a key: ask has_key before")
        mark, cipher = self._keys[0]
        nonce = os.urandom(_NONCE_BYTES)
        sealed = cipher.encrypt(nonce, secret.encode(), bound_to.encode())
        return _VERSION + mark + nonce + sealed

    def open(self, sealed: bytes, *, bound_to: str) -> str | SealFault:
        """What was sealed under the same `bound_to`."""
        if not self._keys:
            return SealFault.NO_KEY
        mark, rest = sealed[1 : 1 + _MARK_BYTES], sealed[1 + _MARK_BYTES :]
        cipher = next((cipher for known, cipher in self._keys if known == mark), None)
        if sealed[:1] != _VERSION or cipher is None:
            return SealFault.OTHER_KEY
        nonce, encrypted = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
        try:
            return cipher.decrypt(nonce, encrypted, bound_to.encode()).decode()
        except (InvalidTag, ValueError):
            return SealFault.BROKEN


def seal_text(sealer: Sealer, secret: str, *, bound_to: str) -> str:
    """The secret as it is kept in a column of text: sealed where there is a key, else as it is."""
    if not sealer.has_key:
        return secret
    return _SEALED + base64.b64encode(sealer.seal(secret, bound_to=bound_to)).decode()


def open_text(sealer: Sealer, kept: str, *, bound_to: str) -> str | SealFault:
    """What `seal_text` was given, whether it was sealed or not."""
    if not kept.startswith(_SEALED):
        return kept
    try:
        sealed = base64.b64decode(kept.removeprefix(_SEALED), validate=True)
    except ValueError:
        return SealFault.BROKEN
    return sealer.open(sealed, bound_to=bound_to)


def _derived(key: str) -> tuple[bytes, AESGCM]:
    """A mark that tells the key apart and gives nothing of it away, and its cipher."""
    made = HKDF(algorithm=SHA256(), length=32 + _MARK_BYTES, salt=None, info=b"copydesk sealing 1")
    derived = made.derive(key.encode())
    return derived[32:], AESGCM(derived[:32])
