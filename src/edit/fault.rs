//! What is wrong with a feature, or worth a look.

use serde::Serialize;

use crate::domain::Bilingual;

/// One thing wrong with a feature, or, as a warning, worth a look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Where: a JSON pointer (RFC 6901) into the GeoJSON feature.
    pub pointer: String,
    /// A stable name for programs.
    pub code: &'static str,
    /// What was expected and what stood there.
    pub message: Bilingual,
}

impl Fault {
    /// A fault at a place of the feature.
    pub fn new(pointer: impl Into<String>, code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code, message: Bilingual { zh: zh.into(), en: en.into() } }
    }
}

/// The rules by the codes of their faults, and what people call them.
const RULES: [(&str, (&str, &str)); 20] = [
    ("property.invalid", ("属性值不合规则", "Value against its schema")),
    ("geometry.kind", ("几何类型不符", "Another kind of geometry")),
    ("geometry.invalid", ("几何无效", "Invalid geometry")),
    ("geometry.too_detailed", ("几何过于细密", "Too many corners")),
    ("geometry.outside_city", ("在市界之外", "Outside the city")),
    ("code.taken", ("编码重复", "Code given twice")),
    ("village.mismatch", ("编码所示村与位置不符", "Code of another village")),
    ("feature.too_near", ("疑似重复（过近）", "Perhaps a duplicate (too near)")),
    ("area.outside", ("不在所属范围之内", "Outside the area it names")),
    ("area.overlap", ("面与面重叠", "Areas that overlap")),
    ("line.loose_end", ("端点未接到节点", "Line that ends at nothing")),
    ("code.twice", ("文件中编码重复", "Code twice in the file")),
    ("code.missing", ("缺少编码", "No code")),
    ("value.type", ("值的类型不符", "Value of another kind")),
    ("geometry.missing", ("没有位置", "No position")),
    ("geometry.unreadable", ("位置无法读取", "Position that cannot be read")),
    ("geometry.crs", ("坐标无法换算", "Coordinates that cannot be converted")),
    ("access.denied", ("无权写入", "Not allowed here")),
    ("feature.changed", ("导入时被他人改动", "Changed by somebody meanwhile")),
    ("value.stale", ("过期未更新", "Not looked at for too long")),
];

/// The codes of all rules.
pub fn rule_codes() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|(code, _)| *code)
}

/// What people call a rule by the code of its fault.
pub fn title_of(code: &str) -> Bilingual {
    let (zh, en) = RULES.iter().find(|(known, _)| *known == code).map_or((code, code), |(_, title)| *title);
    Bilingual { zh: zh.to_owned(), en: en.to_owned() }
}
