//! The JSON Schema of a layer's properties (draft 2020-12), and checking against it.

use serde_json::{Map, Value, json};

use super::check::anchored;
use super::faults::PropertyFault;
use super::{CodeKind, Layer, Property, PropertyType};
use crate::domain::{Bilingual, GeometryKind, Lang, Properties};
use crate::filter::{Kind, Queryables};

/// The JSON Schema of a layer's properties. Titles are in one language, and in both under `x-title`;
/// units stand under `x-unit`, and whose value a text is under `x-references`.
pub fn json_schema(layer: &Layer, lang: Lang) -> Value {
    let numbered = layer.properties.iter().zip(1_u32..);
    let properties: Map<String, Value> = numbered
        .map(|((name, property), place)| {
            let mut schema = property_schema(layer, name, property, lang);
            schema["x-ogc-propertySeq"] = place.into();
            (name.clone(), schema)
        })
        .collect();
    let required: Vec<&String> =
        layer.properties.iter().filter(|(_, property)| property.required).map(|(name, _)| name).collect();
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": layer.title.in_lang(lang),
        "description": layer.description.in_lang(lang),
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    schema["properties"][super::SYNTHETIC] =
        json!({ "type": "boolean", "title": match lang { Lang::Zh => "合成数据", Lang::En => "Synthetic" } });
    schema
}

/// What a schema of a layer is about (OGC 23-058r1, clauses 10 to 12).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaOf {
    /// What is answered of a feature, and taken of one that is written.
    Features,
    /// What a filter may ask about.
    Queryables,
    /// What features may be sorted by.
    Sortables,
}

/// A schema of a layer as a resource of its own; `id` is its address.
pub fn schema_of(layer: &Layer, what: SchemaOf, id: &str, lang: Lang) -> Value {
    let mut schema = json_schema(layer, lang);
    let title = |zh: &str, en: &str| match lang {
        Lang::Zh => zh.to_owned(),
        Lang::En => en.to_owned(),
    };
    let format = match layer.geometry {
        GeometryKind::Point => "geometry-point",
        GeometryKind::Line => "geometry-linestring-or-multilinestring",
        GeometryKind::Polygon => "geometry-polygon-or-multipolygon",
    };
    schema["$id"] = id.into();
    if what != SchemaOf::Sortables {
        schema["properties"][super::GEOMETRY] =
            json!({ "title": title("位置", "Where it is"), "format": format, "x-ogc-role": "primary-geometry" });
    }
    let number = title("编号", "Number");
    schema["properties"][super::ID] = json!({ "title": number, "type": "integer", "minimum": 1, "x-ogc-role": "id" });
    if what == SchemaOf::Features {
        schema["properties"][super::ID]["readOnly"] = true.into();
    } else {
        schema["properties"][super::VILLAGE] =
            json!({ "title": title("所在村（社区）", "Village"), "type": "string", "pattern": r"^\d{12}$" });
        if let Some(members) = schema.as_object_mut() {
            members.remove("required");
        }
    }
    schema
}

/// The same as a filter looks at it.
pub fn queryables(layer: &Layer) -> Queryables {
    let kind = |property: &Property| match property.kind {
        PropertyType::String => Kind::Text,
        PropertyType::Integer | PropertyType::Number => Kind::Number,
        PropertyType::Boolean => Kind::Boolean,
        PropertyType::Date => Kind::Date,
    };
    let everywhere = [
        (super::GEOMETRY, Kind::Geometry),
        (super::ID, Kind::Number),
        (super::VILLAGE, Kind::Text),
        (super::SYNTHETIC, Kind::Boolean),
    ];
    let own = layer.properties.iter().map(|(name, property)| (name.clone(), kind(property)));
    own.chain(everywhere.map(|(name, kind)| (name.to_owned(), kind))).collect()
}

/// Characters of a text at the most: every tile and page that tells of a feature carries it.
const LONGEST_TEXT: u32 = 2_000;

/// The largest whole number that every client reads as it is written (2^53 − 1).
const LARGEST_WHOLE: i64 = 9_007_199_254_740_991;

fn property_schema(layer: &Layer, name: &str, property: &Property, lang: Lang) -> Value {
    let mut schema = json!({
        "title": property.title.in_lang(lang),
        "x-title": property.title,
        "type": match property.kind {
            PropertyType::String | PropertyType::Date => "string",
            PropertyType::Integer => "integer",
            PropertyType::Number => "number",
            PropertyType::Boolean => "boolean",
        },
    });
    let mut set = |key: &str, value: Value| {
        schema[key] = value;
    };
    if property.kind == PropertyType::Date {
        set("format", json!("date"));
        set("pattern", json!(r"^\d{4}-\d{2}-\d{2}$"));
    }
    if let Some(pattern) = &property.pattern {
        set("pattern", json!(anchored(pattern)));
    } else if let Some(pattern) =
        layer.code.as_ref().filter(|code| code.property == name).and_then(|code| pattern_of(code.kind))
    {
        set("pattern", json!(pattern));
    }
    // Who leaves it empty is given one.
    if layer.code.as_ref().is_some_and(|code| code.property == name && code.kind == CodeKind::Doorplate) {
        set("x-assigned", json!(true));
    }
    if !property.values.is_empty() {
        set("enum", property.values.iter().map(|value| json!(value.value)).collect());
        set(
            "x-enum",
            property
                .values
                .iter()
                .map(|value| json!({ "const": value.value, "title": value.title.in_lang(lang) }))
                .collect(),
        );
    }
    if property.kind == PropertyType::String && property.values.is_empty() {
        set("maxLength", json!(LONGEST_TEXT));
    }
    if let Some(minimum) = property.minimum {
        set("minimum", json!(minimum));
    } else if property.kind == PropertyType::Integer {
        set("minimum", json!(-LARGEST_WHOLE));
    }
    if let Some(maximum) = property.maximum {
        set("maximum", json!(maximum));
    } else if property.kind == PropertyType::Integer {
        set("maximum", json!(LARGEST_WHOLE));
    }
    if let Some(unit) = &property.unit {
        set("x-unit", json!(unit));
    }
    if let Some(reference) = &property.references {
        set("x-references", json!(reference));
    }
    schema
}

/// The shape of a code; its check digits are looked at apart.
const fn pattern_of(kind: CodeKind) -> Option<&'static str> {
    match kind {
        CodeKind::Division => Some(r"^\d{6}(\d{3}(\d{3})?)?$"),
        CodeKind::UnitGrid => Some(r"^\d{15}$"),
        CodeKind::Component => Some(r"^\d{16}$"),
        CodeKind::Uscc => Some(r"^[0-9A-HJ-NPQRTUWXY]{18}$"),
        CodeKind::Doorplate => Some(r"^\d{25}$"),
        CodeKind::Opaque => None,
    }
}

/// Checks properties against their layer.
pub struct Validator {
    schema: jsonschema::Validator,
    layer: Layer,
}

impl Validator {
    /// The validator of a layer. The catalogue's checks make sure that its schema compiles.
    pub fn of(layer: &Layer) -> Result<Self, String> {
        let schema = jsonschema::validator_for(&json_schema(layer, Lang::En)).map_err(|error| error.to_string())?;
        Ok(Self { schema, layer: layer.clone() })
    }

    /// What is wrong with a feature's properties; nothing when all is well.
    pub fn faults(&self, properties: &Properties) -> Vec<PropertyFault> {
        let value = Value::Object(properties.clone());
        let mut faults: Vec<PropertyFault> =
            self.schema.iter_errors(&value).map(|error| PropertyFault::of(&self.layer, &error)).collect();
        let texts = properties.iter().filter(|(_, value)| value.as_str().is_some_and(|text| text.contains('\0')));
        faults.extend(texts.map(|(name, _)| PropertyFault {
            pointer: format!("/{name}"),
            message: Bilingual {
                zh: format!("{name} 的文本中不得有字符 U+0000。"),
                en: format!("the character U+0000 has no place in the text of `{name}`"),
            },
        }));
        if let Some(rule) = &self.layer.code
            && faults.iter().all(|fault| fault.pointer.trim_start_matches('/') != rule.property)
            && let Some(code) = properties.get(&rule.property).and_then(Value::as_str)
            && let Err(message) = rule.kind.check(code)
        {
            let pointer = format!("/{}", rule.property);
            let zh = format!("编码 {code} 不合规则：{}。", message.zh);
            faults.push(PropertyFault { pointer, message: Bilingual { zh, en: message.en } });
        }
        faults
    }
}

impl CodeKind {
    /// Checks a code by its rule, check digits and all.
    pub fn check(self, code: &str) -> Result<(), Bilingual> {
        use crate::domain::codes;
        let told = |zh: &str, en: String| Bilingual { zh: zh.to_owned(), en };
        match self {
            Self::Division => code
                .parse::<crate::domain::DivisionCode>()
                .map(|_| ())
                .map_err(|error| told("应为 6、9 或 12 位区划代码", error.to_string())),
            Self::UnitGrid => code
                .parse::<codes::unit_grid::UnitGridCode>()
                .map(|_| ())
                .map_err(|error| told("应为 15 位单元网格编码（GB/T 30428）", error.to_string())),
            Self::Component => code
                .parse::<codes::component::ComponentCode>()
                .map(|_| ())
                .map_err(|error| told("应为 16 位部件编码（GB/T 30428）", error.to_string())),
            Self::Uscc => code
                .parse::<codes::uscc::Uscc>()
                .map(|_| ())
                .map_err(|error| told("统一社会信用代码的校验位不符（GB 32100）", error.to_string())),
            Self::Doorplate => code.parse::<codes::doorplate::DoorplateCode>().map(|_| ()).map_err(|error| {
                let zh = match &error {
                    codes::doorplate::InvalidDoorplateCode::Check { expected, .. } => {
                        format!("末两位校验码应为 {expected:02}；是否有数字抄错？")
                    }
                    _ => "应为 25 位数字：村代码 12 位、街巷 5 位、序号 6 位、校验 2 位".to_owned(),
                };
                Bilingual { zh, en: error.to_string() }
            }),
            Self::Opaque => Ok(()),
        }
    }
}
