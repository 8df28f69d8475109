"""How the site is served: which encryption is offered, and what of a request is believed."""

import ssl
from collections.abc import Callable
from typing import Any

#: For TLS 1.2; those of TLS 1.3 are good and stay. Uvicorn's own choice is the old CBC suites.
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"


def _least_tls(_config: object, usual: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """Uvicorn's context, with the least version named: some Pythons leave it to the library."""
    context = usual()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def options(host: str, port: int, tls: tuple[str, str] | None) -> dict[str, Any]:
    """What uvicorn is told besides the application."""
    certificate, key = tls or (None, None)
    return {
        "host": host,
        "port": port,
        "ssl_certfile": certificate,
        "ssl_keyfile": key,
        "ssl_ciphers": CIPHERS,
        "ssl_context_factory": _least_tls if certificate else None,
        "lifespan": "off",
        "log_config": None,
        "access_log": False,
        # No proxy stands before us that we know of: whoever claims another address is not believed.
        "proxy_headers": False,
        "server_header": False,
        "timeout_graceful_shutdown": 3,
    }
