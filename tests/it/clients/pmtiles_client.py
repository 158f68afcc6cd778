"""Protomaps' own reader of PMTiles, as a map without a server uses an archive.

    python pmtiles_client.py FILE
"""
import gzip
import json
import sys

from pmtiles.reader import MmapSource, Reader, all_tiles
from pmtiles.tile import Compression, TileType

with open(sys.argv[1], "rb") as file:
    reader = Reader(MmapSource(file))
    header, metadata = reader.header(), reader.metadata()
    assert header["tile_type"] == TileType.MVT and header["tile_compression"] == Compression.GZIP, header
    assert header["clustered"], header
    tiles = {"/".join(map(str, zxy)): len(gzip.decompress(data)) for zxy, data in all_tiles(reader.get_bytes)}
    print(json.dumps({
        "layers": [layer["id"] for layer in metadata["vector_layers"]],
        "attribution": metadata["attribution"],
        "zooms": [header["min_zoom"], header["max_zoom"]],
        "tiles": tiles,
    }))
