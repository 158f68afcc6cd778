//! The operations of tiles, in the order of the router.

use serde_json::{Value, json};

use super::Limits;
use super::operations::{JSON, Operation, PLAIN};
use super::parameters::{AGGREGATE_TILE, BBOX, LAYER, LAYERS, MATRIX_SET, MATRIX_TILE, TILE, query};
use crate::exchange::ArchiveFormat;

/// Tiles by the paths of OGC API – Tiles and by those of web maps.
pub(super) const TILES: &[Operation] = &[
    Operation {
        path: "/tileMatrixSets",
        id: "list_tile_matrix_sets",
        tag: "Tiles",
        summary: ("瓦片矩阵集", "Tile matrix sets"),
        answers: &[(JSON, "object")],
        ..PLAIN
    },
    Operation {
        path: "/tileMatrixSets/{set}",
        id: "read_tile_matrix_set",
        tag: "Tiles",
        summary: ("瓦片矩阵集定义", "A tile matrix set"),
        parameters: &[MATRIX_SET],
        answers: &[(JSON, "object")],
        ..PLAIN
    },
    Operation {
        path: "/collections/{layer}/tiles",
        id: "list_tilesets",
        tag: "Tiles",
        summary: ("图层的瓦片集", "The tilesets of a layer"),
        parameters: &[LAYER],
        answers: &[(JSON, "object")],
        ..PLAIN
    },
    Operation {
        path: "/collections/{layer}/tiles/{set}",
        id: "read_tileset",
        tag: "Tiles",
        summary: ("瓦片集描述", "A tileset of a layer"),
        parameters: &[LAYER, MATRIX_SET],
        answers: &[(JSON, "object")],
        ..PLAIN
    },
    Operation {
        path: "/collections/{layer}/tiles/{set}/{matrix}/{row}/{column}",
        id: "read_matrix_tile",
        tag: "Tiles",
        summary: ("瓦片（OGC API Tiles）", "A tile of a layer, as OGC API – Tiles addresses it: row before column"),
        parameters: MATRIX_TILE,
        answers: &[("application/vnd.mapbox-vector-tile", "binary")],
        tagged: true,
        bounded: true,
        ..PLAIN
    },
    Operation {
        path: "/tiles/{layers}",
        id: "read_tilejson",
        tag: "Tiles",
        summary: ("瓦片描述", "TileJSON 3.0"),
        parameters: &[LAYERS],
        answers: &[(JSON, "object")],
        ..PLAIN
    },
    Operation {
        path: "/tiles/{layers}/archive",
        id: "read_archive",
        tag: "Tiles",
        summary: ("瓦片包", "The tiles of some layers as one file, for maps without a server"),
        parameters: &[
            LAYERS,
            query("f", "What it is written as", archive_format, None),
            query("zooms", "The first and the last zoom; none: those of the layers", zooms, Some(|| json!("8-12"))),
            BBOX,
        ],
        answers: &[("application/vnd.pmtiles", "binary"), ("application/vnd.sqlite3", "binary")],
        refuses: &[(422, "Unusable")],
        bounded: true,
        ..PLAIN
    },
    Operation {
        path: "/tiles/{layers}/{z}/{x}/{y}",
        id: "read_tile",
        tag: "Tiles",
        summary: ("矢量瓦片", "A vector tile of the WebMercatorQuad"),
        parameters: TILE,
        answers: &[("application/vnd.mapbox-vector-tile", "binary")],
        speaks: false,
        tagged: true,
        bounded: true,
        ..PLAIN
    },
    Operation {
        path: "/collections/{layer}/aggregate/tiles/{z}/{x}/{y}",
        id: "read_aggregate_tile",
        tag: "Tiles",
        summary: ("分级统计瓦片", "Divisions or cells with counts and sums, as a vector tile with one layer, `groups`"),
        parameters: AGGREGATE_TILE,
        answers: &[("application/vnd.mapbox-vector-tile", "binary")],
        tagged: true,
        bounded: true,
        ..PLAIN
    },
];

fn archive_format(_: &Limits) -> Value {
    json!({ "type": "string", "enum": ArchiveFormat::ALL.map(ArchiveFormat::name), "default": "pmtiles" })
}

fn zooms(_: &Limits) -> Value {
    json!({ "type": "string", "pattern": "^[0-9]+(-[0-9]+)?$" })
}
