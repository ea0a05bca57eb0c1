"""Certificates made on the spot: a server context for this machine, and the client context that trusts it."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USAGES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


@cache
def pem() -> bytes:
    """Return a key and a self-signed certificate for localhost and 127.0.0.1, in one PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + made.public_bytes(serialization.Encoding.PEM)


def certificate() -> str:
    """Return the certificate alone, for a client to trust."""
    return pem().decode().partition("-----END PRIVATE KEY-----\n")[2]


@cache
def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "node.pem"
        path.write_bytes(pem())
        context.load_cert_chain(path)
    return context


@cache
def client_context() -> ssl.SSLContext:
    return ssl.create_default_context(cadata=certificate())


@dataclass(frozen=True, slots=True)
class Authority:
    """A private authority and a server's certificate by it, as PEM files: `trusted` is the authority's own."""

    trusted: Path
    certificate: Path
    key: Path

    def server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def authority(folder: Path) -> Authority:
    """Made in `folder`: for programs that are told whom to trust by SSL_CERT_FILE or NODE_EXTRA_CA_CERTS."""
    own, served = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of the tests")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    identifier = x509.SubjectKeyIdentifier.from_public_key(own.public_key())
    # Python 3.13 and OpenSSL 3 want to be told what the authority's key is for, and whose it is
    signs = dict.fromkeys(USAGES, False) | {"key_cert_sign": True, "crl_sign": True}
    authority = _builder(issuer, issuer, own.public_key()).add_extension(identifier, critical=False)
    authority = authority.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    authority = authority.add_extension(x509.KeyUsage(**signs), critical=True)
    server = _builder(subject, issuer, served.public_key()).add_extension(names, critical=False)
    server = server.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    server = server.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
    )
    files = Authority(folder / "authority.pem", folder / "server.pem", folder / "server.key")
    files.trusted.write_bytes(authority.sign(own, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    files.certificate.write_bytes(server.sign(own, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        served.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return files


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
    )
