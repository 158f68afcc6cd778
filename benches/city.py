"""The city both servers show, and which tiles of it are asked for."""

import csv
import math
import random
import shutil
import subprocess
import time

COLUMNS = ("id", "lon", "lat", "code", "address", "status", "number")
TABLE = """
CREATE EXTENSION postgis;
CREATE TABLE doorplate (
  id bigint PRIMARY KEY, lon double precision, lat double precision,
  code text, address text, status text, number int, geom geometry(Point, 3857));
"""
INDEX = """
UPDATE doorplate SET geom = ST_Transform(ST_SetSRID(ST_MakePoint(lon, lat), 4326), 3857);
CREATE INDEX doorplate_geom ON doorplate USING gist (geom);
CLUSTER doorplate USING doorplate_geom;
"""


def make(program, database, scale):
    """Fills a new database; seconds."""
    for ending in ("", "-wal", "-shm"):
        database.with_name(database.name + ending).unlink(missing_ok=True)
    started = time.monotonic()
    command = [program, "demo", "--database", database, "--scale", str(scale)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - started


def export(program, database, out):
    """The doorplates as a table; rows."""
    whole = out.with_suffix(".all.csv")
    command = [program, "export", "doorplate", "--format", "csv", "--database", database, "--out", whole]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    with open(whole, newline="") as read, open(out, "w", newline="") as write:
        rows = [[row[name] for name in COLUMNS] for row in csv.DictReader(read)]
        csv.writer(write).writerows(rows)
    return rows


def load(postgres, table):
    """The same doorplates into PostGIS, indexed and in the order of the index."""
    postgres.sql(TABLE)
    with open(table) as rows:
        postgres.sql(f"COPY doorplate ({', '.join(COLUMNS)}) FROM STDIN (FORMAT csv)", stdin=rows)
    postgres.sql(INDEX)
    postgres.sql("VACUUM ANALYZE doorplate")


def doorplates_only(catalog, folder):
    """A catalogue that declares nothing but doorplates."""
    shutil.copytree(catalog, folder)
    for layer in (folder / "layers").iterdir():
        if layer.name != "doorplate.toml":
            layer.unlink()
    doorplate = folder / "layers/doorplate.toml"
    # What names another layer.
    lines = [line for line in doorplate.read_text().splitlines() if not line.startswith("inside =")]
    doorplate.write_text("\n".join(lines))
    return folder


def tile_of(lon, lat, zoom):
    """The Web Mercator tile that holds a position."""
    side = 1 << zoom
    x = (lon + 180) / 360
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return zoom, int(x * side), int(y * side)


def tiles(rows, zoom, number=None, seed=429005):
    """Tiles with doorplates: all, or a number of them, the more likely the more doorplates they hold,
    as people look where there is something."""
    chance = random.Random(seed + zoom)
    order = [tile_of(float(row[1]), float(row[2]), zoom) for row in rows]
    chance.shuffle(order)
    return list(dict.fromkeys(order))[:number]


def write_list(path, tiles, pattern):
    path.write_text("".join(pattern.format(*tile) + "\n" for tile in tiles))
    return path
