"""GeoPandas reads what is exported, as an analyst does: straight from the address.

    python geopandas_client.py BASE
"""
import io
import json
import sys

import geopandas
import requests

base = sys.argv[1]
items = requests.get(f"{base}/collections/doorplate/items", params={"limit": 10000}, timeout=60).json()
expected = {f["properties"]["code"]: f for f in items["features"]}


def export(layer, name, **more):
    answer = requests.get(f"{base}/collections/{layer}/export", params={"f": name, **more}, timeout=60)
    answer.raise_for_status()
    return io.BytesIO(answer.content)


def judge(name, frame, tolerance=1e-9):
    assert len(frame) == len(expected), (name, len(frame))
    for row in frame.itertuples():
        feature = expected[row.code]
        lon, lat = feature["geometry"]["coordinates"]
        assert abs(row.geometry.x - lon) < tolerance and abs(row.geometry.y - lat) < tolerance, (name, row)
        assert row.address == feature["properties"]["address"], (name, row)
        assert row.number == feature["properties"]["number"], (name, row)
        assert row.synthetic == feature["properties"]["synthetic"], (name, row)


parquet = geopandas.read_parquet(export("doorplate", "parquet"))
assert parquet.crs == "OGC:CRS84", parquet.crs
judge("parquet", parquet)
assert str(parquet["mounted_on"].iloc[0]) == "2025-06-30", parquet["mounted_on"].iloc[0]
# The column of boxes lets a reader pass over what lies elsewhere.
west = geopandas.read_parquet(export("doorplate", "parquet"), bbox=(112.7, 30.3, 112.8, 30.4))
inside = parquet.cx[112.7:112.8, 30.3:30.4]
assert 0 < len(west) == len(inside) < len(parquet), (len(west), len(inside))

for name in ["gpkg", "fgb", "geojson"]:
    frame = geopandas.read_file(export("doorplate", name))
    judge(name, frame, 1e-7)
metres = geopandas.read_file(export("doorplate", "gpkg", crs="http://www.opengis.net/def/crs/EPSG/0/4547"))
assert metres.crs.to_epsg() == 4547, metres.crs
judge("gpkg in metres", metres.to_crs("EPSG:4490"), 1e-7)

villages = geopandas.read_parquet(export("village", "parquet"))
assert set(villages.geom_type) <= {"Polygon", "MultiPolygon"} and villages.is_valid.all()
empty = geopandas.read_parquet(export("sector", "parquet"))
assert len(empty) == 0
print(json.dumps({"plates": len(parquet), "villages": len(villages)}))
