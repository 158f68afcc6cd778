"""QGIS without a window, as a GIS desk scripts it: layers by OGC API – Features, a box, a filter, and features by id.

    QT_QPA_PLATFORM=offscreen python3 qgis_client.py BASE
"""
import json
import sys

from qgis.core import QgsApplication, QgsFeatureRequest, QgsRectangle, QgsVectorLayer

base = sys.argv[1]
application = QgsApplication([], False)
application.initQgis()


def layer(name, more=""):
    opened = QgsVectorLayer(f"url='{base}' typename='{name}' {more}", name, "OAPIF")
    assert opened.isValid(), opened.error().message()
    return opened


villages = layer("village")
assert {"code", "name"} <= {field.name() for field in villages.fields()}
whole = [feature for feature in villages.getFeatures() if feature.geometry().isGeosValid()]
assert len(whole) == villages.featureCount(), (len(whole), villages.featureCount())

plates = layer("doorplate", "restrictToRequestBBOX='1'")
box = QgsRectangle(112.7, 30.3, 112.8, 30.5)
here = list(plates.getFeatures(QgsFeatureRequest().setFilterRect(box)))
assert here and all(box.contains(plate.geometry().asPoint()) for plate in here)
everything = plates.featureCount()
assert plates.setSubsetString("status = 'damaged'")
damaged = [plate["status"] for plate in plates.getFeatures()]
assert damaged and set(damaged) == {"damaged"}, damaged

del villages, plates
print(json.dumps({"villages": len(whole), "here": len(here), "plates": everything, "damaged": len(damaged)}))
sys.stdout.flush()
