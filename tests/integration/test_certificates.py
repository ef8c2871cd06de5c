"""The doors of docker-compose.yml, on a real node: who comes in with which certificate, and who does not."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import aio_pika
import aiormq
import pytest

from broker.local.ports import LOOPBACK, free_ports
from broker.local.prepare import SERVER, prepare
from broker.local.rabbitmq import PrivateNode
from contracts import topology

ROOT = Path(__file__).parents[2]
OURS = ("ssl_options.", "auth_mechanisms.", "ssl_cert_login_from")


@dataclass(frozen=True)
class Guarded:
    """A node that is set as in docker-compose.yml, and the folder of what was prepared for it."""

    port: int
    tls: Path

    def url(self, holder: str) -> str:
        own = self.tls / holder
        certificate = f"cafile={own / 'ca.crt'}&certfile={own / 'own.crt'}&keyfile={own / 'own.key'}"
        return f"amqps://{LOOPBACK}:{self.port}/{topology.VHOST}?auth=external&{certificate}"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("guarded")
    assert prepare(folder / "prepared", {"*": 0, SERVER: 0})
    tls = folder / "prepared" / "tls"
    lines = (ROOT / "docker/rabbitmq/rabbitmq.conf").read_text().replace("/tls/", f"{tls / SERVER}/").splitlines()
    port = free_ports(1)[0]
    node = PrivateNode(
        folder / "node",
        definitions=tls / SERVER / "definitions.json",
        plugins=["rabbitmq_auth_mechanism_ssl"],
        settings=[f"listeners.ssl.1 = {LOOPBACK}:{port}", *(each for each in lines if each.startswith(OURS))],
    )
    node.start()
    yield Guarded(port, tls)
    node.stop()


async def test_a_certificate_opens_its_holders_account_and_no_other(guarded: Guarded) -> None:
    connection = await aiormq.connect(guarded.url("cjit-ashby"))
    channel = await connection.channel()
    properties = aiormq.spec.Basic.Properties(user_id="cjit-ashby")
    await channel.basic_publish(b"{}", exchange=topology.SUBMIT, routing_key="cjit-ashby", properties=properties)
    with pytest.raises(aiormq.exceptions.ChannelAccessRefused):
        await channel.basic_publish(b"{}", exchange=topology.SUBMIT, routing_key="drugs-ashby")
    await connection.close()


async def test_no_account_opens_without_a_certificate(guarded: Guarded) -> None:
    context = ssl.create_default_context(cafile=str(guarded.tls / "broker" / "ca.crt"))
    with pytest.raises((aio_pika.exceptions.AMQPError, OSError)):
        await aio_pika.connect(f"amqps://{LOOPBACK}:{guarded.port}/{topology.VHOST}?auth=external", ssl_context=context)


async def test_a_certificate_of_another_authority_opens_nothing(guarded: Guarded, tmp_path: Path) -> None:
    prepare(tmp_path / "other", {"*": 0})
    stranger = tmp_path / "other" / "tls" / "broker"
    (stranger / "ca.crt").write_bytes((guarded.tls / "broker" / "ca.crt").read_bytes())
    with pytest.raises((aiormq.exceptions.AMQPError, OSError)):
        await aiormq.connect(Guarded(guarded.port, stranger.parent).url("broker"))


async def test_a_password_opens_nothing(guarded: Guarded) -> None:
    url = guarded.url("broker").replace("auth=external", "auth=plain").replace("amqps://", "amqps://broker:@")
    with pytest.raises((aiormq.exceptions.AMQPError, OSError)):
        await aiormq.connect(url)


def test_preparing_twice_changes_nothing(tmp_path: Path) -> None:
    def contents() -> dict[Path, bytes]:
        return {each: each.read_bytes() for each in tmp_path.rglob("*") if each.is_file()}

    assert prepare(tmp_path, {"*": 0})
    before = contents()
    assert not prepare(tmp_path, {"*": 0})
    assert contents() == before


def test_private_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    prepare(tmp_path, {"*": 0})
    private = [each for each in tmp_path.rglob("*") if each.suffix == ".key" or each.parent.parent.name == "passwords"]
    assert len(private) > 20
    assert {each.stat().st_mode & 0o077 for each in private} == {0}
