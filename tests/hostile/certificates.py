"""Certificates as no authority would sign them, made by openssl for the occasion or patched by hand."""

import base64
import ssl
import subprocess
import warnings
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

EC = ("ec", "ec_paramgen_curve:prime256v1")


class Pair(Struct, frozen=True):
    """A certificate and its key, PEM."""

    certificate: str
    key: str


@cache
def made(*more: str, key: str = "", subject: str = "/CN=hostile.lab", names: str = "") -> Pair:
    """A self-signed one; `key` is given by what `rsa` makes, `names` is the value of subjectAltName."""
    with TemporaryDirectory() as folder:
        secret, public = Path(folder, "key"), Path(folder, "certificate")
        secret.write_text(key or _key("-algorithm", "EC", "-pkeyopt", EC[1]))
        argv = ["openssl", "req", "-x509", "-key", str(secret), "-days", "30", "-subj", subject, *more]
        argv += ["-addext", f"subjectAltName={names}"] if names else []
        subprocess.run([*argv, "-out", public], check=True, capture_output=True, timeout=30)
        return Pair(public.read_text(), secret.read_text())


def rsa(bits: int) -> str:
    """A key of so many bits; the one that takes minutes to make lies beside this file and guards nothing."""
    kept = Path(__file__).with_name(f"rsa{bits}.pem")
    return kept.read_text() if kept.exists() else _key("-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{bits}")


@cache
def _key(*words: str) -> str:
    return subprocess.run(["openssl", "genpkey", *words], check=True, capture_output=True, timeout=50, text=True).stdout


def dated(pair: Pair, begins: bytes, ends: bytes) -> Pair:
    """The same with other times (13 bytes each, YYMMDDhhmmssZ); its own signature does not fit any more."""
    der = bytearray(ssl.PEM_cert_to_DER_cert(pair.certificate))
    first = der.index(b"\x17\x0d") + 2
    der[first : first + 13] = begins
    der[first + 15 : first + 28] = ends
    text = base64.encodebytes(bytes(der)).decode()
    return Pair(f"-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\n", pair.key)


def names_of(raw: list[bytes]) -> str:
    """A subjectAltName of these DNS names, whatever their bytes, as openssl takes it."""
    der = b"".join(b"\x82" + _size(len(name)) + name for name in raw)
    return "DER:" + (b"\x30" + _size(len(der)) + der).hex(":")


def _size(length: int) -> bytes:
    return bytes([length]) if length < 0x80 else b"\x82" + length.to_bytes(2, "big")


def context(pair: Pair, *, chain: str = "", version: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    """A server's, which takes any key; `chain` is sent behind the certificate."""
    made_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made_context.set_ciphers("ALL:@SECLEVEL=0")
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        both = Path(folder, "both")
        both.write_text(pair.key + pair.certificate + chain)
        made_context.load_cert_chain(both)
        if version is not None:
            made_context.minimum_version = made_context.maximum_version = version
    return made_context
