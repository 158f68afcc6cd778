"""The servers that are measured: starting, watching and ending them."""

import http.client
import os
import pwd
import shutil
import socket
import subprocess
import time
from pathlib import Path

POSTGRES = Path("/usr/lib/postgresql/15/bin")

# Random reads cost like sequential ones in memory; the rest is as Debian ships it.
POSTGRES_SETTINGS = {"shared_buffers": "2GB", "random_page_cost": "1.1", "max_wal_size": "4GB"}

# Both serve raw points at every zoom measured, with the same five values, none from beyond the edge.
MARTIN_CONFIG = """
listen_addresses: 127.0.0.1:{port}
cache: {cache}
postgres:
  connection_string: postgres://bench@127.0.0.1:{database_port}/bench
  auto_publish: false
  tables:
    doorplate:
      schema: public
      table: doorplate
      srid: 3857
      geometry_column: geom
      geometry_type: POINT
      id_column: id
      extent: 4096
      buffer: 0
      clip_geom: true
      properties: {{code: text, address: text, status: text, number: int4}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(port, path, headers=None):
    """Status, body and seconds until the last byte of it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    started = time.monotonic()
    connection.request("GET", path, headers=headers or {})
    response = connection.getresponse()
    body = response.read()
    took = time.monotonic() - started
    connection.close()
    return response.status, body, took


class Server:
    """A process that answers HTTP on a port of its own, until it is left."""

    def __init__(self, command, port, ready, log, env=None):
        self.port, self.base = port, f"http://127.0.0.1:{port}"
        self.log = open(log, "w")
        started = time.monotonic()
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, env={**os.environ, **(env or {})})
        while not self.answers(ready):
            if self.process.poll() is not None:
                raise SystemExit(f"benches: {command[0]} ended; see {log}")
            time.sleep(0.005)
        self.took = time.monotonic() - started

    def answers(self, path):
        try:
            return get(self.port, path)[0] == 200
        except OSError:
            return False

    def memory(self):
        return memory([self.process.pid])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=60)
        self.log.close()


def memory(pids):
    """Resident bytes, pages that several processes share counted once."""
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().split("\n"):
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


def platbook(program, database, folder, cached=True, catalog=None):
    port = free_port()
    command = [program, "serve", "--database", database, "--listen", f"127.0.0.1:{port}"]
    if catalog:
        command += ["--catalog", catalog]
    env = {} if cached else {"PLATBOOK_TILES__CACHE_BYTES": "0"}
    return Server([str(part) for part in command], port, "/readyz", folder / "platbook.log", env)


def martin(program, database, folder, cached=True):
    port = free_port()
    # The cache at its usual size; left to itself Martin shares it out among kinds it was built without.
    cache = "{tile_size_mb: 256}" if cached else "disable"
    config = folder / "martin.yaml"
    config.write_text(MARTIN_CONFIG.format(port=port, cache=cache, database_port=database.port))
    return Server([str(program), "--config", str(config)], port, "/health", folder / "martin.log")


class Postgres:
    """PostgreSQL with PostGIS in a folder of its own, never as root."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.user = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self.user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            shutil.chown(folder, nobody.pw_uid, nobody.pw_gid)
        data = str(folder / "data")
        initdb = [POSTGRES / "initdb", "-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, cwd=folder, **self.user)
        settings = {"port": self.port, "unix_socket_directories": folder, **POSTGRES_SETTINGS}
        command = [str(POSTGRES / "postgres"), "-D", data]
        command += [f"--{name}={value}" for name, value in settings.items()]
        self.log = open(folder / "postgres.log", "w") if not self.user else subprocess.DEVNULL
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, cwd=folder, **self.user)

    def __enter__(self):
        ready = [POSTGRES / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        for _ in range(200):
            if subprocess.run(ready).returncode == 0:
                break
            time.sleep(0.1)
        self.sql("CREATE DATABASE bench", "postgres")
        return self

    def sql(self, text, database="bench", stdin=None):
        command = [POSTGRES / "psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(self.port)]
        command += ["-U", "bench", "-d", database, "-c", text]
        return subprocess.run(command, check=True, capture_output=True, text=True, stdin=stdin).stdout.strip()

    def memory(self):
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return memory([self.process.pid, *children])

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=60)
