"""Fingerprints: 64-bit numbers that a database keeps in a signed BIGINT."""

from __future__ import annotations

from xxhash import xxh3_64_intdigest


def hash64(*parts: str | bytes | None) -> int:
    """Fingerprint of an ordered list of parts, in [-2**63, 2**63).

    None, "" and a shifted border between two parts give different values.
    """
    framed = bytearray()
    for part in parts:
        if part is None:
            framed += b"\xff"
            continue
        raw = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        framed += len(raw).to_bytes(8, "big") + raw
    value = xxh3_64_intdigest(bytes(framed))
    return value - (1 << 64) if value >= 1 << 63 else value
