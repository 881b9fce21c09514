"""A mail server on this computer, with a certificate of its own: takes one message over TLS."""

from __future__ import annotations

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def certificate(folder: Path, name: str = "localhost") -> Path:
    """A certificate for a host that vouches for itself, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


class MailServer:
    """Speaks as much SMTP (RFC 5321, 3207) as a message takes; ``offers`` are the extensions it names."""

    def __init__(self, pem: Path, *, tls_at_once: bool = False, offers: tuple[str, ...] = ("STARTTLS",)) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(pem)
        self._tls_at_once, self._offers = tls_at_once, offers
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.message = ""
        self.in_the_clear: list[str] = []  # commands that came before TLS
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        try:
            connection, _ = self._listening.accept()
            connection.settimeout(20)
            if self._tls_at_once:
                connection = self._context.wrap_socket(connection, server_side=True)
            self._talk(connection, secure=self._tls_at_once)
        except OSError:
            pass  # the other side did not trust us

    def _talk(self, connection: socket.socket, *, secure: bool) -> None:
        if not secure or self._tls_at_once:
            connection.sendall(b"220 here\r\n")
        stream = connection.makefile("rb")
        while line := stream.readline().decode().strip():
            word = line.split()[0].upper()
            if not secure:
                self.in_the_clear.append(word)
            if word == "EHLO":
                names = ["here", *(() if secure else self._offers)]
                connection.sendall("".join(f"250{'-' if n != names[-1] else ' '}{n}\r\n" for n in names).encode())
            elif word == "STARTTLS":
                connection.sendall(b"220 go on\r\n")
                self._talk(self._context.wrap_socket(connection, server_side=True), secure=True)
                return
            elif word == "DATA":
                connection.sendall(b"354 go on\r\n")
                lines = []
                while (part := stream.readline()) not in (b".\r\n", b""):
                    lines.append(part.decode())
                self.message = "".join(lines)
                connection.sendall(b"250 taken\r\n")
            elif word == "QUIT":
                connection.sendall(b"221 bye\r\n")
                return
            else:
                connection.sendall(b"250 ok\r\n")
