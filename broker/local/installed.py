"""Where this machine keeps the servers we start. Installs nothing, and needs the standard library alone."""

import shutil
from pathlib import Path

# Never the wrappers in /usr/sbin: they change user and drop the environment.
RABBITMQ_FOLDERS = ("/usr/lib/rabbitmq/bin", "/opt/rabbitmq/sbin", "/usr/lib/rabbitmq/sbin")


def rabbitmq_folder() -> Path | None:
    """Where the server's own scripts are, or None when it is not installed."""
    return next((Path(each) for each in RABBITMQ_FOLDERS if (Path(each) / "rabbitmq-server").exists()), None)


def epmd() -> str:
    """Erlang's own little name server, which finds a node by its name."""
    found = shutil.which("epmd") or next((str(each) for each in sorted(Path("/usr/lib/erlang").glob("erts-*/bin/epmd"))), None)
    if found is None:
        raise FileNotFoundError("epmd is not installed; it comes with Erlang")
    return found


def postgres_folder() -> Path | None:
    """Where initdb and postgres are: the newest version installed, or None."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda each: float(each.parts[-3]), reverse=True)
    found = versions[0] if versions else shutil.which("initdb")
    return Path(found).resolve().parent if found else None
