"""Whom a sink's TLS connection trusts: the system's certificates, or those of one file."""

import ssl

from livebom.alerts.carrier import Undelivered


def tls_context(ca: str | None) -> ssl.SSLContext:
    """A context that verifies the name and the chain, TLS 1.2 or later. Raises Undelivered for a bad file."""
    try:
        context = ssl.create_default_context(cafile=ca)
    except OSError as error:  # of which SSLError is one
        raise Undelivered(f"{ca}: no certificates can be read from it ({type(error).__name__})") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
