"""The two yardsticks: programs that pass messages on and check nothing. What a gate costs is what it takes beyond these.

Each takes from a quorum queue with prefetch 200, publishes the same bytes persistent, mandatory and confirmed, and only
then acknowledges. Says READY when it consumes; ends with SIGTERM. Its address comes in the environment.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable

import aio_pika
from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractIncomingMessage
from faststream import AckPolicy
from faststream.rabbit import Channel, QueueType, RabbitBroker, RabbitMessage, RabbitQueue

RELAY_IN = "bench.relay.in"
RELAY_OUT = "bench.relay.out"
PREFETCH = 200
ADDRESS = "BENCH_AMQP_URL"


async def aio_pika_relay(url: str) -> Callable[[], Awaitable[object]]:
    """Bare aio-pika, with returns raised."""
    connection = await aio_pika.connect(url)
    channel = await connection.channel()
    await channel.set_qos(PREFETCH)
    out = (await connection.channel(on_return_raises=True)).default_exchange

    async def pass_on(message: AbstractIncomingMessage) -> None:
        again = Message(message.body, delivery_mode=DeliveryMode.PERSISTENT, message_id=message.message_id)
        await out.publish(again, RELAY_OUT, mandatory=True)
        await message.ack()

    await (await channel.get_queue(RELAY_IN, ensure=False)).consume(pass_on)
    return connection.close


async def faststream_relay(url: str) -> Callable[[], Awaitable[object]]:
    """Bare FastStream. Its defaults lose messages, so each is set: returns raised, persistent, put back on error."""
    broker = RabbitBroker(url, logger=None, default_channel=Channel(on_return_raises=True))
    queue = RabbitQueue(RELAY_IN, queue_type=QueueType.QUORUM, durable=True, declare=False)

    # A channel of its own: what goes wrong in publishing must not close the consumer's.
    @broker.subscriber(queue, channel=Channel(prefetch_count=PREFETCH), ack_policy=AckPolicy.NACK_ON_ERROR)
    async def pass_on(message: RabbitMessage) -> None:
        await broker.publish(message.body, RELAY_OUT, persist=True, mandatory=True, message_id=message.message_id)

    await broker.start()
    return broker.stop


RELAYS = {"aio-pika": aio_pika_relay, "faststream": faststream_relay}


async def main(which: str) -> None:
    """Relay until asked to end."""
    end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end.set)
    stop = await RELAYS[which](os.environ[ADDRESS])
    print("READY", flush=True)
    await end.wait()
    await stop()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
