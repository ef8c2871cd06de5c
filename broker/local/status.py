"""What runs, and how it feels: each program in its own words, and how much waits in each queue. Changes nothing."""

import asyncio
from pathlib import Path

import aio_pika

from broker.local.messaging import PrivateRabbit
from broker.local.programs import shown
from broker.local.system import KINDS, RABBITMQ, System
from contracts import topology


def show(folder: Path) -> int:
    """Print it. 0 if everything is ready, 1 if something is not."""
    system = System.open(folder)
    print(f"The system in {shown(folder)}")
    rows = [_rabbitmq(system), *(_program(system, name) for name in system.programs)]
    for name, ready, words in rows:
        print(f"  {name:<15} {'ready' if ready else 'NOT READY':<10} {words}".rstrip())
    depths = waiting(system)
    if depths is not None:
        print("Waiting in queues: " + (", ".join(f"{name} {count}" for name, count in depths.items() if count) or "nothing"))
        if depths.get(topology.DEAD_QUEUE):
            print("Dead letters are there: ./run dead list")
    if not all(ready for _, ready, _ in rows):
        print("./run up starts what is not running; logs are in " + shown(folder / "logs"))
        return 1
    return 0


def waiting(system: System) -> dict[str, int] | None:
    """How many messages lie in each queue; None when RabbitMQ does not answer."""

    async def ask() -> dict[str, int]:
        # The broker's own account: looking at a queue without declaring it needs no right.
        connection = await aio_pika.connect(system.url(topology.BROKER_USER), timeout=5)
        async with connection:
            channel = await connection.channel()
            found = {}
            for queue in topology.queues(tuple(KINDS)):
                declared = await channel.declare_queue(queue.name, passive=True)
                found[queue.name] = declared.declaration_result.message_count or 0
            return found

    if isinstance(system.messaging, PrivateRabbit) and not system.messaging.node.alive():
        return None
    try:
        return asyncio.run(ask())
    except (aio_pika.exceptions.AMQPError, OSError, TimeoutError):
        return None


def _rabbitmq(system: System) -> tuple[str, bool, str]:
    if not isinstance(system.messaging, PrivateRabbit):
        return RABBITMQ, waiting(system) is not None, "not ours: given by AMQP_URL, or a container"
    node = system.messaging.node
    return RABBITMQ, node.alive(), f"on loopback port {node.port}" if node.alive() else "not running"


def _program(system: System, name: str) -> tuple[str, bool, str]:
    program = system.programs[name]
    health = program.health()
    if health.ready:
        return name, True, "; ".join((f"health on port {program.health_port}", *health.notes))
    return name, False, "; ".join((*health.reasons, *health.notes))
