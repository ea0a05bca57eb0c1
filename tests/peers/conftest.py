"""One Fedify over http and one over https for all tests; each module has its own node."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.kit import fedify
from tests.kit.certificates import Authority, authority
from tests.kit.federating import FederatedNode, federated_node
from tests.kit.fedify import Fedify

CAVAGE = "draft-cavage-http-signatures-12"
Addresses = tuple[str, str]  # the peer's origin, and its control port


@pytest.fixture(scope="session")
def private_authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def plain_peer() -> Iterator[Addresses]:
    with fedify.running() as addresses:
        yield addresses


@pytest.fixture(scope="session")
def secure_peer(private_authority: Authority) -> Iterator[Addresses]:
    # the other kind of signature first, so that both are sent to us
    with fedify.running(authority=private_authority, first_knock=CAVAGE) as addresses:
        yield addresses


@pytest.fixture(scope="module", params=["http", "https"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def peer(scheme: str, request: pytest.FixtureRequest) -> AsyncIterator[Fedify]:
    origin, control = request.getfixturevalue("plain_peer" if scheme == "http" else "secure_peer")
    async with fedify.client(control) as client:
        yield Fedify(origin, client)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(
    scheme: str, private_authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[FederatedNode]:
    """A node that speaks the peer's scheme."""
    trusted = private_authority if scheme == "https" else None
    async with federated_node(tmp_path_factory.mktemp("home"), authority=trusted) as made:
        yield made
