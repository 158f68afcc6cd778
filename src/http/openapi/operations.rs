//! The table of operations: one row a route and method.

use serde_json::json;

use super::MEDIA_TYPE as OPENAPI;
use super::parameters::{
    AGGREGATE, AS_OF, CRS, EXPORT, F, ITEMS, LAYER, Parameter, date, division, findings, latitude, longitude, needed,
    path, query, results, string, table, theme,
};

/// Who may ask for an operation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Everybody, and nobody is asked who they are.
    Open,
    /// Everybody; what is answered depends on who asks.
    Anybody,
    /// Who signed in, or came with a token.
    Known,
}

/// One operation.
pub(super) struct Operation {
    /// The method, in lower case.
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) id: &'static str,
    pub(super) tag: &'static str,
    /// What it does, zh and en.
    pub(super) summary: (&'static str, &'static str),
    pub(super) parameters: &'static [Parameter],
    /// The media types of what is sent, with the names of their schemas; none: nothing is sent.
    pub(super) takes: &'static [(&'static str, &'static str)],
    /// The status of a success.
    pub(super) status: u16,
    /// The media types of a success, with the names of their schemas.
    pub(super) answers: &'static [(&'static str, &'static str)],
    /// Other answers of its own: a status, and a name among the responses of all.
    pub(super) refuses: &'static [(u16, &'static str)],
    /// Who may ask.
    pub(super) access: Access,
    /// Whether the query is read: `lang` is known, unknown parameters are refused.
    pub(super) speaks: bool,
    /// Whether the answer has a tag.
    pub(super) tagged: bool,
    /// Whether it may be turned away when there is too much to do.
    pub(super) bounded: bool,
}

pub(super) const JSON: &str = "application/json";
pub(super) const GEOJSON: &str = "application/geo+json";
pub(super) const HTML: (&str, &str) = ("text/html", "text");

/// What most operations are.
pub(super) const PLAIN: Operation = Operation {
    method: "get",
    path: "",
    id: "",
    tag: "",
    summary: ("", ""),
    parameters: &[],
    takes: &[],
    status: 200,
    answers: &[],
    refuses: &[],
    access: Access::Anybody,
    speaks: true,
    tagged: false,
    bounded: false,
};

/// Every operation.
pub(super) fn all() -> impl Iterator<Item = &'static Operation> {
    READING
        .iter()
        .chain(super::records::RECORDS)
        .chain(super::tiles::TILES)
        .chain(super::editing::EDITING)
        .chain(super::accounts::PEOPLE)
        .chain(super::views::VIEWS)
        .chain(super::print::PRINT)
        .chain(super::imports::IMPORTS)
        .chain(super::webhooks::WEBHOOKS)
}

/// The operations that read the map, in the order of the router.
const READING: &[Operation] = &[
    Operation {
        path: "/",
        id: "read_landing",
        tag: "Common",
        summary: ("入口页", "Landing page; for browsers, the map"),
        parameters: &[F],
        answers: &[(JSON, "LandingPage"), HTML],
        access: Access::Open,
        ..PLAIN
    },
    Operation {
        path: "/conformance",
        id: "read_conformance",
        tag: "Common",
        summary: ("符合性声明", "Conformance classes"),
        answers: &[(JSON, "Conformance")],
        ..PLAIN
    },
    Operation {
        path: "/api",
        id: "read_api",
        tag: "Common",
        summary: ("接口描述", "This description"),
        answers: &[(OPENAPI, "object")],
        ..PLAIN
    },
    Operation {
        path: "/api.html",
        id: "read_api_page",
        tag: "Common",
        summary: ("接口文档", "Documentation for people"),
        answers: &[HTML],
        speaks: false,
        access: Access::Open,
        ..PLAIN
    },
    Operation {
        path: "/developers.html",
        id: "read_developers_page",
        tag: "Common",
        summary: ("开发者页面", "How developers begin"),
        answers: &[HTML],
        speaks: false,
        access: Access::Open,
        ..PLAIN
    },
    Operation {
        path: "/collections",
        id: "list_collections",
        tag: "Features",
        summary: ("图层清单", "Layers"),
        parameters: &[F],
        answers: &[(JSON, "Collections"), HTML],
        ..PLAIN
    },
    Operation {
        path: "/collections/{layer}",
        id: "read_collection",
        tag: "Features",
        summary: ("图层", "One layer"),
        parameters: &[LAYER, F],
        answers: &[(JSON, "Collection"), HTML],
        ..PLAIN
    },
    Operation {
        path: "/collections/{layer}/schema",
        id: "read_schema",
        tag: "Features",
        summary: ("属性模式", "JSON Schema of a layer's properties"),
        parameters: &[LAYER],
        answers: &[("application/schema+json", "object")],
        ..PLAIN
    },
    Operation {
        path: "/collections/{layer}/queryables",
        id: "read_queryables",
        tag: "Features",
        summary: ("可查询项", "What a filter may be about"),
        parameters: &[LAYER],
        answers: &[("application/schema+json", "object")],
        ..PLAIN
    },
    Operation {
        path: "/collections/{layer}/sortables",
        id: "read_sortables",
        tag: "Features",
        summary: ("可排序项", "What features may be sorted by"),
        parameters: &[LAYER],
        answers: &[("application/schema+json", "object")],
        ..PLAIN
    },
    Operation {
        path: "/collections/{layer}/aggregate",
        id: "aggregate_items",
        tag: "Features",
        summary: ("分组统计", "Features counted, and values added up, by what they have in common"),
        parameters: AGGREGATE,
        answers: &[(JSON, "Groups"), ("text/csv", "text")],
        bounded: true,
        ..PLAIN
    },
    Operation {
        method: "post",
        path: "/query",
        id: "query_items",
        tag: "Features",
        summary: ("长条件查询", "Features of a layer by a question too long for an address"),
        takes: &[(JSON, "Query")],
        answers: &[(GEOJSON, "FeatureCollection")],
        refuses: &[(404, "NotFound")],
        bounded: true,
        ..PLAIN
    },
    Operation {
        path: "/collections/{layer}/quality",
        id: "read_quality",
        tag: "Features",
        summary: ("数据质量", "Every feature held against the rules: counts by rule and village, findings"),
        parameters: &[
            LAYER,
            query("rule", "Only findings of this rule", string, None),
            query("division", "Only what stands in this division", division, Some(|| json!("429005001"))),
            query("limit", "Findings at the most", findings, None),
            query("f", "Form of the answer: json or csv", table, None),
        ],
        answers: &[(JSON, "Quality"), ("text/csv", "text")],
        bounded: true,
        ..PLAIN
    },
    Operation {
        path: "/collections/{layer}/export",
        id: "export_items",
        tag: "Features",
        summary: ("导出文件", "All features that a question finds, as one file"),
        parameters: EXPORT,
        answers: &[
            (GEOJSON, "object"),
            ("application/fg+json", "object"),
            ("application/x-ndjson", "text"),
            ("text/csv", "text"),
            ("application/geopackage+sqlite3", "binary"),
            ("application/vnd.flatgeobuf", "binary"),
            ("application/vnd.apache.parquet", "binary"),
            ("application/zip", "binary"),
            ("application/vnd.google-earth.kml+xml", "text"),
        ],
        refuses: &[(422, "Unusable")],
        bounded: true,
        ..PLAIN
    },
    Operation {
        path: "/collections/{layer}/items",
        id: "list_items",
        tag: "Features",
        summary: ("要素", "Features of a layer"),
        parameters: ITEMS,
        answers: &[(GEOJSON, "FeatureCollection"), HTML],
        bounded: true,
        ..PLAIN
    },
    Operation {
        path: "/collections/{layer}/items/{id}",
        id: "read_item",
        tag: "Features",
        summary: ("要素详情", "One feature, by number or code"),
        parameters: &[LAYER, path("id", "Number or code of a feature", string, || json!("1")), F, CRS, AS_OF],
        answers: &[(GEOJSON, "Feature"), HTML],
        tagged: true,
        ..PLAIN
    },
    Operation {
        path: "/styles/{theme}",
        id: "read_style",
        tag: "Map",
        summary: ("地图样式", "MapLibre style"),
        parameters: &[path("theme", "Theme", theme, || json!("light"))],
        answers: &[(JSON, "object")],
        ..PLAIN
    },
    Operation {
        path: "/catalogue",
        id: "read_catalogue",
        tag: "Map",
        summary: ("图层目录", "Layers with counts, schemas, styles and governance figures"),
        answers: &[(JSON, "object")],
        ..PLAIN
    },
    Operation {
        path: "/divisions",
        id: "list_divisions",
        tag: "Divisions",
        summary: ("历年区划", "Divisions of the list that held on a day"),
        parameters: &[
            query("date", "A day; else today", date, Some(|| json!("2019-12-31"))),
            query("parent", "The division they lie in", division, Some(|| json!("429005001"))),
        ],
        answers: &[(JSON, "Divisions")],
        ..PLAIN
    },
    Operation {
        path: "/figures",
        id: "list_figures",
        tag: "Divisions",
        summary: ("公布数与实数", "Published figures beside other sources"),
        answers: &[(JSON, "object")],
        ..PLAIN
    },
    Operation {
        path: "/at",
        id: "read_place",
        tag: "Places",
        summary: ("此处何地", "Divisions and BeiDou cell of a position"),
        parameters: &[
            needed("lon", "Longitude, degrees", longitude, || json!(112.8919)),
            needed("lat", "Latitude, degrees", latitude, || json!(30.421)),
        ],
        answers: &[(JSON, "Place")],
        ..PLAIN
    },
    Operation {
        path: "/search",
        id: "search_places",
        tag: "Places",
        summary: ("查找", "Go to a place by name, code or coordinates"),
        parameters: &[
            needed("q", "What to look for, 1 to 100 characters", string, || json!("园林")),
            query("limit", "Results at the most", results, None),
        ],
        answers: &[(JSON, "SearchResults")],
        ..PLAIN
    },
    Operation {
        path: "/healthz",
        id: "read_health",
        tag: "Service",
        summary: ("存活", "The process answers"),
        answers: &[("text/plain", "text")],
        speaks: false,
        access: Access::Open,
        ..PLAIN
    },
    Operation {
        path: "/readyz",
        id: "read_readiness",
        tag: "Service",
        summary: ("就绪", "The log is followed"),
        answers: &[("text/plain", "text")],
        speaks: false,
        access: Access::Open,
        ..PLAIN
    },
    Operation {
        path: "/metrics",
        id: "read_metrics",
        tag: "Service",
        summary: ("指标", "OpenMetrics for Prometheus"),
        answers: &[("application/openmetrics-text", "text")],
        speaks: false,
        ..PLAIN
    },
];
