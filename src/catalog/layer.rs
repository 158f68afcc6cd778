//! The declaration of one layer: one file under `data/catalog/layers/`.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::domain::{Bilingual, GeometryKind, LayerId};

/// A kind of feature and everything that is declared about it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
// Each is a key of the declaration, and no two exclude each other.
#[allow(clippy::struct_excessive_bools)]
pub struct Layer {
    /// Its name in URLs, equal to the file's name.
    pub id: LayerId,
    /// Its name for people.
    pub title: Bilingual,
    /// What it holds, in a sentence.
    pub description: Bilingual,
    /// The heading it stands under in the layer tree; a key of `groups.toml`.
    pub group: String,
    /// Where it is drawn: smaller numbers lie below.
    pub order: i32,
    /// Whether it is served. A declared layer that is off keeps its data but answers nowhere.
    #[serde(default = "enabled")]
    pub enabled: bool,
    /// Whether the map shows it when it is first opened.
    #[serde(default)]
    pub visible: bool,
    /// Whether it is of the base map, which lies under everything else; for public layers.
    #[serde(default)]
    pub basemap: bool,
    /// What its features are.
    pub geometry: GeometryKind,
    /// Whether the declaration is an assumption that no published list supports (假定).
    #[serde(default)]
    pub assumed: bool,
    /// The department that answers for it; a key of `departments.toml`.
    pub owner: String,
    /// Who may see it.
    pub sensitivity: Sensitivity,
    /// Counts below this are hidden in every output; 1 hides nothing.
    #[serde(default = "one")]
    pub smallest_count: u32,
    /// At which zooms it stands in tiles.
    pub zoom: Zooms,
    /// Its code property and the rule the codes follow.
    #[serde(default)]
    pub code: Option<CodeRule>,
    /// The property that names a feature for people.
    pub label: String,
    /// Its properties in display order.
    pub properties: IndexMap<String, Property>,
    /// How points are gathered at low zooms; only for point layers.
    #[serde(default)]
    pub cluster: Option<Cluster>,
    /// The number property by which a tile over its budget keeps features: the largest stay.
    #[serde(default)]
    pub priority: Option<String>,
    /// Polygons that partition an area: a border between two is generalised once, for both.
    #[serde(default)]
    pub shared_borders: bool,
    /// Its place among the twelve governance classes (十二类数据治理).
    #[serde(default)]
    pub governance: Option<Governance>,
    /// What is asked of those who edit it.
    #[serde(default)]
    pub edits: Edits,
    /// How it is drawn.
    pub style: Style,
}

/// What is asked of those who edit a layer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Edits {
    /// Whether an edit must name the version it was made from. Where it need not, the newest is meant:
    /// QGIS never names one.
    pub base_required: bool,
    /// Warn of another feature of the layer that is nearer than this, metres.
    pub apart_m: Option<f64>,
    /// Warn when a feature lies outside the area that one of its values names.
    pub inside: Vec<Inside>,
    /// Warn of a line that does not end at features of another layer.
    pub ends_on: Option<EndsOn>,
    /// Warn of an area that lies over another of the layer.
    pub no_overlap: bool,
    /// Find what has not been looked at for too long; only over the whole city.
    pub fresh: Option<Fresh>,
}

/// What lines are to end at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndsOn {
    /// The layer of the features.
    pub layer: LayerId,
    /// How near both ends are to be, metres.
    pub within_m: f64,
}

/// How long a day of a feature may be ago.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fresh {
    /// The property that holds the day.
    pub property: String,
    /// Days.
    pub days: u32,
}

/// A value that names the area a feature lies in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inside {
    /// The property whose value names the area.
    pub property: String,
    /// The layer of the area.
    pub layer: LayerId,
    /// The property of the area that holds the name.
    pub by: String,
}

impl Layer {
    /// Counts below this are hidden in every output; 0 hides none.
    pub fn counts_hidden_below(&self) -> u32 {
        let hides = !self.is_public() && self.smallest_count > 1;
        if hides { self.smallest_count } else { 0 }
    }

    /// Whether everybody may see it.
    pub fn is_public(&self) -> bool {
        self.sensitivity == Sensitivity::Public
    }
}

const fn enabled() -> bool {
    true
}

const fn one() -> u32 {
    1
}

/// Who may see a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sensitivity {
    /// 公开: everybody.
    Public,
    /// 内部: people of the city's offices.
    Internal,
    /// 敏感: only as aggregates, with small counts hidden.
    Sensitive,
}

/// A range of zooms of the WebMercatorQuad, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zooms {
    /// The first zoom whose tiles hold the layer.
    pub min: u8,
    /// The last zoom that is cut; deeper ones are drawn from it.
    pub max: u8,
}

/// Which property is the code, and which rule it obeys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeRule {
    /// The property that holds it; unique in the layer.
    pub property: String,
    /// The rule.
    pub kind: CodeKind,
}

/// The rules that codes follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CodeKind {
    /// GB/T 2260, GB/T 10114 and the statistical twelve digits.
    Division,
    /// 单元网格: 15 digits.
    UnitGrid,
    /// 部件标识码: 16 digits, GB/T 30428.2.
    Component,
    /// 统一社会信用代码: GB 32100.
    Uscc,
    /// Platbook's doorplate code.
    Doorplate,
    /// Any text that the property's pattern admits.
    Opaque,
}

/// One property of a layer: a JSON Schema in small, with titles.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Property {
    /// Its name for people.
    pub title: Bilingual,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: PropertyType,
    /// The unit of a number, as written after it: `m`, `Mbit/s`, `人`.
    #[serde(default)]
    pub unit: Option<String>,
    /// The values it may take.
    #[serde(default, rename = "enum")]
    pub values: Vec<EnumValue>,
    /// The regular expression a text must match as a whole.
    #[serde(default)]
    pub pattern: Option<String>,
    /// The smallest number allowed.
    #[serde(default)]
    pub minimum: Option<f64>,
    /// The largest number allowed.
    #[serde(default)]
    pub maximum: Option<f64>,
    /// Whether a feature must have it.
    #[serde(default)]
    pub required: bool,
    /// Whether tiles carry it. What only the detail card shows stays out of tiles.
    #[serde(default)]
    pub tile: bool,
    /// Whether the number counts people or things, so that the layer's `smallest_count` hides it.
    #[serde(default)]
    pub count: bool,
    /// Whose code it holds, where it is another feature's.
    #[serde(default)]
    pub references: Option<Reference>,
}

/// What a text names: the feature of a layer that has it as one of its own values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// The layer of the feature.
    pub layer: LayerId,
    /// The property of the feature that holds the same text.
    pub by: String,
}

/// The types of a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PropertyType {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// Yes or no.
    Boolean,
    /// A day, `2025-06-30`.
    Date,
}

/// A value of an enumerated property and its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnumValue {
    /// What is stored.
    pub value: String,
    /// What people read.
    pub title: Bilingual,
}

/// How a point layer is gathered into clusters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// Zooms below this one show clusters; from it on, every point.
    pub below: u8,
    /// An enumerated property whose values are counted in each cluster.
    #[serde(default)]
    pub by: Option<String>,
}

/// A layer's place among the governance classes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Governance {
    /// Which of the twelve, 1 to 12.
    pub class: u8,
    /// The departments that deliver the raw data (数源单位); keys of `departments.toml`.
    pub sources: Vec<String>,
    /// How many days may pass before the class counts as stale.
    pub refresh_days: u32,
}

/// How a layer is drawn; one colour, or one for each value of an enumerated property.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Style {
    /// Colour on the light map, `#rrggbb`.
    pub color: String,
    /// Colour on the dark map.
    pub dark: String,
    /// Shape of a point.
    #[serde(default)]
    pub marker: Marker,
    /// Radius of a point or width of a line or outline, pixels at zoom 14.
    #[serde(default = "two")]
    pub size: f64,
    /// Fill opacity of polygons, 0 to 1.
    #[serde(default)]
    pub opacity: f64,
    /// Dash pattern of lines and outlines, in line widths.
    #[serde(default)]
    pub dash: Vec<f64>,
    /// Zoom from which features carry their label; none: never.
    #[serde(default)]
    pub label_from: Option<u8>,
    /// Features that carry their label only from a larger zoom.
    #[serde(default)]
    pub label_later: Vec<LabelLater>,
    /// The enumerated property that tells the classes apart.
    #[serde(default)]
    pub by: Option<String>,
    /// The classes; titles are those of the enumerated values.
    #[serde(default)]
    pub classes: Vec<Class>,
}

/// Features that carry their label only from a larger zoom: those with one value of an enumerated
/// property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelLater {
    /// The property; tiles carry it.
    pub property: String,
    /// Its value.
    pub value: String,
    /// The zoom.
    pub from: u8,
}

const fn two() -> f64 {
    2.0
}

/// Shapes of a point: layers are told apart by shape, hue only groups them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Marker {
    /// ●
    #[default]
    Circle,
    /// ■
    Square,
    /// ▲
    Triangle,
    /// ◆
    Diamond,
    /// ★
    Star,
    /// ✚
    Cross,
}

/// One class of a categorised style.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// The value of the property.
    pub value: String,
    /// Its colour on the light map.
    pub color: String,
    /// Its colour on the dark map.
    pub dark: String,
}
