"""Free ports on the loopback address. Leaves out holding them: who starts a program must retry."""

import socket

LOOPBACK = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on at this moment, all different."""
    # All are held open together, so that the kernel cannot give the same one twice.
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind((LOOPBACK, 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def listens(port: int, *, timeout: float = 0.5) -> bool:
    """Whether anything accepts a connection there."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout):
            return True
    except OSError:
        return False
