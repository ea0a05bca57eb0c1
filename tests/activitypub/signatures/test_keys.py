import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from activitypub.signatures import keys
from activitypub.signatures.keys import Algorithm, BadKey
from tests.kit.examples import examples
from tests.kit.signing import ed25519_key, rsa_key, vector

SPKI = serialization.PublicFormat.SubjectPublicKeyInfo
PEM = serialization.Encoding.PEM


@pytest.fixture(params=["rsa", "ed25519"])
def key(request: pytest.FixtureRequest) -> keys.PrivateKey:
    return rsa_key("one") if request.param == "rsa" else ed25519_key("one")


def test_a_key_verifies_what_its_other_half_signed(key: keys.PrivateKey) -> None:
    signature = key.sign(b"text")
    assert key.public().verify(signature, b"text")
    assert not key.public().verify(signature, b"text!")
    assert not key.public().verify(signature[:-1], b"text")
    assert not key.public().verify(b"", b"text")


def test_a_key_survives_as_pem(key: keys.PrivateKey) -> None:
    assert keys.load_public(key.public().pem()) == key.public()
    assert keys.load_private(key.pem()).public() == key.public()


def test_a_key_can_be_locked_with_a_password(key: keys.PrivateKey) -> None:
    locked = key.pem(b"secret")
    assert "ENCRYPTED" in locked
    assert keys.load_private(locked, b"secret").public() == key.public()
    for wrong in (None, b"guess"):
        with pytest.raises(BadKey):
            keys.load_private(locked, wrong)


def test_a_private_key_does_not_show_itself(key: keys.PrivateKey) -> None:
    signer = keys.SigningKey("https://a.example/#k", key)
    for text in (repr(key), str(key), repr(signer), f"{key!r}"):
        assert "object at" not in text
        assert "PrivateKey(" in text
        assert len(text) < 100


@pytest.mark.parametrize("bits", [512, 1024, 2047, 8193])
def test_a_size_that_we_refuse_is_not_made(bits: int) -> None:
    with pytest.raises(BadKey):
        keys.make_rsa(bits)


def test_an_rsa_key_below_2048_bits_is_refused() -> None:
    small = vector("signatures/cavage12_c2_basic.json")["public_key"]
    with pytest.raises(BadKey, match="2048 to 8192"):
        keys.load_public(small)
    private = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505
    pem = private.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with pytest.raises(BadKey, match="2048 to 8192"):
        keys.load_private(pem.decode())


def test_an_rsa_key_above_8192_bits_is_refused_before_it_costs_time() -> None:
    huge = rsa.RSAPublicNumbers(65537, 2**8999 + 1).public_key()
    with pytest.raises(BadKey):
        keys.load_public(huge.public_bytes(PEM, SPKI).decode())


def test_a_public_exponent_made_to_cost_time_is_refused() -> None:
    modulus = rsa.RSAPublicNumbers(2**40 + 1, 2**2047 + 1)
    with pytest.raises(BadKey):
        keys.load_public(modulus.public_key().public_bytes(PEM, SPKI).decode())


def test_a_pkcs1_public_key_is_read_too() -> None:
    """Some servers write "BEGIN RSA PUBLIC KEY" into publicKeyPem."""
    loaded = serialization.load_pem_public_key(rsa_key("one").public().pem().encode())
    pkcs1 = loaded.public_bytes(PEM, serialization.PublicFormat.PKCS1).decode()
    assert pkcs1.startswith("-----BEGIN RSA PUBLIC KEY")
    assert keys.load_public(pkcs1) == rsa_key("one").public()


def test_keys_of_other_kinds_are_refused() -> None:
    curve = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(BadKey, match="neither"):
        keys.load_public(curve.public_key().public_bytes(PEM, SPKI).decode())
    pem = curve.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with pytest.raises(BadKey, match="neither"):
        keys.load_private(pem.decode())


@pytest.mark.parametrize(
    "pem", [None, 1, b"x", "", "secret", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"]
)
def test_what_is_no_key_is_refused(pem: object) -> None:
    with pytest.raises(BadKey):
        keys.load_public(pem)


def test_a_pem_that_is_too_long_is_refused_unread() -> None:
    with pytest.raises(BadKey, match="too long"):
        keys.load_public(rsa_key("one").public().pem() + "\n" * keys.MAX_PEM)


@examples(100)
@given(st.text())
def test_any_text_is_a_key_or_refused(text: str) -> None:
    for pem in (text, f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n"):
        with pytest.raises(BadKey):
            keys.load_public(pem)
    with pytest.raises(BadKey):
        keys.load_private(text)


def test_the_key_alone_says_how_it_signs() -> None:
    assert rsa_key("one").algorithm is rsa_key("one").public().algorithm is Algorithm.RSA
    assert ed25519_key("one").algorithm is ed25519_key("one").public().algorithm is Algorithm.ED25519


def test_an_ed25519_multikey_begins_as_those_of_every_server_do() -> None:
    pem = vector("signatures/rfc9421_b26_ed25519.json")["public_key"]
    public = keys.load_public(pem)
    assert keys.load_multikey(public.multikey()) == public
    assert public.multikey().startswith("z6Mk")


def test_ed25519_keys_survive_as_multikeys() -> None:
    for _ in range(20):
        public = keys.make_ed25519().public()
        assert keys.load_multikey(public.multikey()) == public


def test_a_multikey_of_small_bytes_keeps_its_zeros() -> None:
    raw = bytes(31) + b"\1"
    public = keys.PublicKey(ed25519.Ed25519PublicKey.from_public_bytes(raw))
    assert keys.load_multikey(public.multikey()) == public


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "z",
        "z1",
        "z0",
        "u7QEJX5oaWV3edGKHk8uz3wvKlXjTbTVcCG8lUPm4XvXcJg",
        "zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme",
        "z" + "1" * 47,
        "z" + "z" * 47,
        "z6Mk" + "l" * 44,
        "z6MkO" + "1" * 43,
    ],
)
def test_other_multikeys_are_refused(text: object) -> None:
    with pytest.raises(BadKey):
        keys.load_multikey(text)


def test_a_second_spelling_of_a_multikey_is_refused() -> None:
    text = ed25519_key("one").public().multikey()
    with pytest.raises(BadKey):
        keys.load_multikey("z1" + text[1:])


def test_an_rsa_key_has_no_multikey_here() -> None:
    with pytest.raises(BadKey):
        rsa_key("one").public().multikey()
