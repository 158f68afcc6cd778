"""OWSLib's client of OGC API – Features, as a script of a GIS desk uses it: read, filter, write.

    python owslib_client.py BASE TOKEN
"""
import json
import sys

from owslib.ogcapi.features import Features
from owslib.ogcapi.records import Records

base, token = sys.argv[1:]
plate = json.loads(sys.stdin.read())

public = Features(base)
assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in public.conformance()["conformsTo"]
assert "doorplate" in public.feature_collections(), public.feature_collections()
assert public.collection("doorplate")["extent"]["spatial"]["bbox"]
queryables = public.collection_queryables("doorplate")
assert "status" in queryables["properties"], queryables

everything = public.collection_items("doorplate", limit=1000)
some = public.collection_items("doorplate", bbox=[112.7, 30.3, 112.8, 30.4], limit=1000)
assert 0 < some["numberMatched"] < everything["numberMatched"]
damaged = public.collection_items("doorplate", filter="status = 'damaged'", limit=1000)
assert {f["properties"]["status"] for f in damaged["features"]} == {"damaged"}
as_json = {"op": "=", "args": [{"property": "status"}, "damaged"]}
same = public.collection_items("doorplate", filter=json.dumps(as_json), **{"filter-lang": "cql2-json"})
assert same["numberMatched"] == damaged["numberMatched"]

catalogue = Records(base)
assert catalogue.records() == ["layers"], catalogue.records()
found = catalogue.collection_items("layers", q="physical plates")
assert [record["id"] for record in found["features"]] == ["doorplate"], found
assert catalogue.collection_item("layers", "doorplate")["properties"]["type"] == "dataset"

# A document that is JSON already goes out as text: what it is must be said.
mine = Features(base, headers={"Authorization": f"Bearer {token}", "Content-Type": "application/geo+json"})
assert mine.collection_item_create("doorplate", json.dumps(plate))
code = plate["properties"]["code"]
made = mine.collection_item("doorplate", code)
assert made["properties"]["address"] == plate["properties"]["address"], made
plate["properties"]["status"] = "damaged"
assert mine.collection_item_update("doorplate", str(made["id"]), json.dumps(plate))
assert mine.collection_item("doorplate", code)["properties"]["status"] == "damaged"
assert mine.collection_item_delete("doorplate", str(made["id"]))
print(json.dumps({"plates": everything["numberMatched"]}))
