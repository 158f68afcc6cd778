//! The operations of the catalogue of layers, in the order of the router.

use super::operations::{GEOJSON, HTML, Operation, PLAIN};
use super::parameters::{BBOX, F, LAYER, Parameter, integer, positive, query, string};

/// What records are asked for.
const WANTED: &[Parameter] = &[
    BBOX,
    query("datetime", "An instant or interval; what layers hold has no time, so all are in it", string, None),
    query("q", "Words to look for: either side of a comma, or together as they stand", string, None),
    query("type", "Kinds of resources, as a comma list; every layer is a `dataset`", string, None),
    query("ids", "Ids of records, as a comma list", string, None),
    query("externalIds", "Ids with their scheme, such as `collection:doorplate`, as a comma list", string, None),
    query("limit", "Records on a page", positive, None),
    query("offset", "Records before this page; follow the links `next` and `prev`", integer, None),
    F,
];

/// OGC API – Records.
pub(super) const RECORDS: &[Operation] = &[
    Operation {
        path: "/collections/layers",
        id: "read_catalog",
        tag: "Records",
        summary: ("图层目录", "The catalogue of layers"),
        parameters: &[F],
        answers: &[("application/ogc-catalog+json", "object"), HTML],
        ..PLAIN
    },
    Operation {
        path: "/collections/layers/items",
        id: "list_records",
        tag: "Records",
        summary: ("图层记录", "Records of layers"),
        parameters: WANTED,
        answers: &[(GEOJSON, "RecordCollection"), HTML],
        ..PLAIN
    },
    Operation {
        path: "/collections/layers/items/{layer}",
        id: "read_record",
        tag: "Records",
        summary: ("图层记录详情", "The record of a layer"),
        parameters: &[LAYER, F],
        answers: &[(GEOJSON, "Record"), HTML],
        ..PLAIN
    },
];
