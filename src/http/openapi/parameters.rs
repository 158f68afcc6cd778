//! The parameters that operations know, and the shapes of their values.

use serde_json::{Value, json};

use super::Limits;
use crate::exchange::Format;
use crate::geodesy::crs::Crs;
use crate::tiles::matrix::MatrixSet;

/// One parameter of a path or query.
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) place: &'static str,
    pub(super) description: &'static str,
    pub(super) required: bool,
    pub(super) schema: fn(&Limits) -> Value,
    pub(super) example: Option<fn() -> Value>,
}

/// The name under which property filters are described.
pub(super) const FILTER: &str = "filter_by_property";

type Schema = fn(&Limits) -> Value;

pub(super) const fn query(
    name: &'static str,
    description: &'static str,
    schema: Schema,
    example: Option<fn() -> Value>,
) -> Parameter {
    Parameter { name, place: "query", description, required: false, schema, example }
}

pub(super) const fn needed(
    name: &'static str,
    description: &'static str,
    schema: Schema,
    example: fn() -> Value,
) -> Parameter {
    Parameter { name, place: "query", description, required: true, schema, example: Some(example) }
}

pub(super) const fn path(
    name: &'static str,
    description: &'static str,
    schema: Schema,
    example: fn() -> Value,
) -> Parameter {
    Parameter { name, place: "path", description, required: true, schema, example: Some(example) }
}

pub(super) fn string(_: &Limits) -> Value {
    json!({ "type": "string" })
}

pub(super) fn integer(_: &Limits) -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

pub(super) fn positive(_: &Limits) -> Value {
    json!({ "type": "integer", "minimum": 1 })
}

pub(super) fn date(_: &Limits) -> Value {
    json!({ "type": "string", "format": "date" })
}

pub(super) fn division(_: &Limits) -> Value {
    json!({ "type": "string", "pattern": "^\\d{6}(\\d{3}(\\d{3})?)?$" })
}

pub(super) fn longitude(_: &Limits) -> Value {
    json!({ "type": "number", "minimum": -180, "maximum": 180 })
}

pub(super) fn latitude(_: &Limits) -> Value {
    json!({ "type": "number", "minimum": -90, "maximum": 90 })
}

pub(super) fn bbox(_: &Limits) -> Value {
    json!({ "type": "array", "items": { "type": "number" }, "minItems": 4, "maxItems": 4 })
}

pub(super) fn page(limits: &Limits) -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": limits.page_most, "default": limits.page.min(limits.page_most) })
}

pub(super) fn results(_: &Limits) -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": crate::http::search::MOST, "default": crate::http::search::USUAL })
}

pub(super) fn entries(_: &Limits) -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": crate::http::audit::MOST, "default": crate::http::audit::USUAL })
}

pub(super) fn findings(_: &Limits) -> Value {
    json!({ "type": "integer", "minimum": 1 })
}

pub(super) fn format(_: &Limits) -> Value {
    json!({ "type": "string", "enum": ["json", "geojson", "html"] })
}

pub(super) fn theme(_: &Limits) -> Value {
    json!({ "type": "string", "enum": ["light", "dark", "base-light", "base-dark", "base-overlay"] })
}

pub(super) fn lang(_: &Limits) -> Value {
    json!({ "type": "string", "enum": ["zh", "en"] })
}

pub(super) fn table(_: &Limits) -> Value {
    json!({ "type": "string", "enum": ["json", "csv"] })
}

fn file_format(_: &Limits) -> Value {
    json!({ "type": "string", "enum": Format::ALL.map(Format::name) })
}

fn matrix_set(_: &Limits) -> Value {
    json!({ "type": "string", "enum": MatrixSet::ALL.map(MatrixSet::id) })
}

fn tile_format(_: &Limits) -> Value {
    json!({ "type": "string", "enum": ["mvt"] })
}

fn text_encoding(_: &Limits) -> Value {
    json!({ "type": "string", "enum": ["utf-8", "gbk"], "default": "utf-8" })
}

fn boolean(_: &Limits) -> Value {
    json!({ "type": "boolean", "default": false })
}

pub(super) fn language_of_filters(_: &Limits) -> Value {
    json!({ "type": "string", "enum": ["cql2-text", "cql2-json"] })
}

pub(super) fn crs(_: &Limits) -> Value {
    json!({ "type": "string", "enum": Crs::ALL.map(Crs::uri) })
}

pub(super) fn properties(_: &Limits) -> Value {
    json!({ "type": "object", "additionalProperties": { "type": "string" } })
}

/// The language of titles and problems; every operation that reads its query knows it.
pub(super) const LANG: Parameter = query("lang", "Language of titles and problems; else Accept-Language", lang, None);

pub(super) const LAYER: Parameter = path("layer", "Id of a layer", string, || json!("doorplate"));
pub(super) const LAYERS: Parameter = path("layers", "Comma list of layer ids", string, || json!("village,doorplate"));
pub(super) const F: Parameter = query("f", "Form of the answer; else Accept", format, None);

/// The system of the coordinates that are answered.
pub(super) const CRS: Parameter =
    query("crs", "Coordinate system of the answer, by its URI, in the order of its axes; else CRS84", crs, None);

/// The moment that the map is shown as of.
pub(super) const AS_OF: Parameter = query(
    "datetime",
    "The map as of this moment: an RFC 3339 time, a day (its end), or an interval (its end)",
    string,
    None,
);

/// The revision that an answer is to show at the least.
pub(super) const MIN_REVISION: Parameter =
    query("min-revision", "Wait until this revision is shown; 503 when it takes too long", integer, None);

pub(super) const BBOX: Parameter = query(
    "bbox",
    "west,south,east,north in degrees of EPSG:4490; features that touch it",
    bbox,
    Some(|| json!([112.8, 30.3, 112.9, 30.5])),
);
const BBOX_CRS: Parameter =
    query("bbox-crs", "Coordinate system of `bbox`, by its URI, in the order of its axes; else CRS84", crs, None);
const IN_DIVISION: Parameter =
    query("division", "Features that stand in this division", division, Some(|| json!("429005001")));
const CONDITION: Parameter = query(
    "filter",
    "A condition in CQL2; /collections/{layer}/queryables tells what it may be about",
    string,
    Some(|| json!("status = 'mounted'")),
);
const CONDITION_LANG: Parameter =
    query("filter-lang", "How the filter is written; else told by its first letter", language_of_filters, None);
const CONDITION_CRS: Parameter =
    query("filter-crs", "Coordinate system of the positions in the filter, by its URI; else CRS84", crs, None);
const BY_PROPERTY: Parameter = query(
    FILTER,
    "Properties that must have a value, each a parameter of its own: `status=mounted`. /collections/{layer}/schema lists them",
    properties,
    Some(|| json!({ "status": "mounted" })),
);

const FREE_TEXT: Parameter =
    query("q", "Words that must be in the feature's texts, each in any of them", string, Some(|| json!("东风路")));
const SHOWN: Parameter = query(
    "properties",
    "Comma list of the properties that are answered; else all",
    string,
    Some(|| json!("code,status")),
);
const SORTBY: Parameter = query(
    "sortby",
    "Comma list of properties; `-` before one: the greatest first. What has no value comes last",
    string,
    Some(|| json!("-priority,code")),
);

pub(super) const LIMIT: Parameter =
    query("limit", "Features on a page; more than the maximum are asked for the maximum", page, None);

pub(super) const ITEMS: &[Parameter] = &[
    LAYER,
    BBOX,
    BBOX_CRS,
    CRS,
    LIMIT,
    query("cursor", "Where another page ended; follow the links `next` and `prev`", string, None),
    IN_DIVISION,
    AS_OF,
    CONDITION,
    CONDITION_LANG,
    CONDITION_CRS,
    FREE_TEXT,
    SHOWN,
    SORTBY,
    BY_PROPERTY,
    F,
];

fn headings(_: &Limits) -> Value {
    json!({ "type": "string", "enum": ["names", "titles"], "default": "names" })
}

pub(super) const EXPORT: &[Parameter] = &[
    LAYER,
    needed("f", "The format of the file", file_format, || json!("csv")),
    BBOX,
    BBOX_CRS,
    query("crs", "Coordinate system of the file, by its URI; of jsonfg, gpkg, fgb and shp only", crs, None),
    IN_DIVISION,
    AS_OF,
    CONDITION,
    CONDITION_LANG,
    CONDITION_CRS,
    FREE_TEXT,
    SORTBY,
    BY_PROPERTY,
    query("encoding", "Encoding of the text of a shapefile", text_encoding, None),
    query(
        "headings",
        "Columns and values of a CSV file by name, or by title in the language of `lang`",
        headings,
        None,
    ),
    query("bom", "Begin a CSV file with a byte order mark, for Excel", boolean, None),
];

const ADDED_UP: Parameter =
    query("value", "A property of numbers that is added up", string, Some(|| json!("priority")));

fn area(_: &Limits) -> Value {
    json!({ "type": "string", "enum": ["city", "township", "village", "cell"] })
}

pub(super) const AGGREGATE: &[Parameter] = &[
    LAYER,
    needed("by", "What features are put together by: city, township, village, cell, or a property", string, || {
        json!("township")
    }),
    ADDED_UP,
    BBOX,
    BBOX_CRS,
    IN_DIVISION,
    AS_OF,
    CONDITION,
    CONDITION_LANG,
    CONDITION_CRS,
    FREE_TEXT,
    BY_PROPERTY,
    query("f", "Form of the answer: json or csv", table, None),
];

const ZOOM: Parameter = path("z", "Zoom of the WebMercatorQuad, 0 to 22", integer, || json!(14));
const COLUMN: Parameter = path("x", "Column from the west", integer, || json!(13330));
const ROW: Parameter = path("y", "Row from the north", integer, || json!(6740));

pub(super) const MATRIX_SET: Parameter = path("set", "A tile matrix set", matrix_set, || json!("CGCS2000Quad"));

pub(super) const MATRIX_TILE: &[Parameter] = &[
    LAYER,
    MATRIX_SET,
    path("matrix", "Level", integer, || json!(12)),
    path("row", "Row from the north", integer, || json!(677)),
    path("column", "Column from the west", integer, || json!(3332)),
    AS_OF,
    CONDITION,
    CONDITION_LANG,
    CONDITION_CRS,
    FREE_TEXT,
    IN_DIVISION,
    query("f", "Form of the tile", tile_format, None),
];

/// A condition holds for every layer that is named.
const CHOOSING: Parameter =
    query("filter", "Only features that hold this condition in CQL2; every layer must know its names", string, None);

pub(super) const TILE: &[Parameter] =
    &[LAYERS, ZOOM, COLUMN, ROW, AS_OF, CHOOSING, CONDITION_LANG, CONDITION_CRS, FREE_TEXT, IN_DIVISION];

/// What is told of divisions or cells, as tiles.
pub(super) const AGGREGATE_TILE: &[Parameter] = &[
    LAYER,
    ZOOM,
    COLUMN,
    ROW,
    needed("by", "Whose areas are drawn: city, township, village or cell", area, || json!("village")),
    ADDED_UP,
    BBOX,
    BBOX_CRS,
    IN_DIVISION,
    AS_OF,
    CONDITION,
    CONDITION_LANG,
    CONDITION_CRS,
    FREE_TEXT,
    BY_PROPERTY,
];

/// The earlier of two moments.
pub(super) const FROM: Parameter =
    needed("from", "The earlier moment: RFC 3339 time or day", string, || json!("2019-12-31"));

/// The later of two moments.
pub(super) const TO: Parameter = query("to", "The later moment; now when absent", string, None);

pub(super) const COMPARED_TILE: &[Parameter] = &[LAYERS, ZOOM, COLUMN, ROW, FROM, TO];
