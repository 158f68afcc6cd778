//! What is wrong with a feature's properties, in words of people: the library that finds it speaks to programmers.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value;

use super::Layer;
use crate::domain::Bilingual;

/// One thing wrong with a feature's properties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropertyFault {
    /// Where: a JSON pointer into the properties.
    pub pointer: String,
    /// What was expected and what stood there.
    pub message: Bilingual,
}

impl PropertyFault {
    pub(super) fn of(layer: &Layer, error: &ValidationError<'_>) -> Self {
        let path = error.instance_path().to_string();
        let name = path.trim_start_matches('/');
        let (zh, en) = told(layer, name, error);
        let pointer = match error.kind() {
            // What is missing, or is too much, is named itself.
            ValidationErrorKind::Required { property: Value::String(missing) } => format!("{path}/{missing}"),
            ValidationErrorKind::AdditionalProperties { unexpected } if unexpected.len() == 1 => {
                format!("{path}/{}", unexpected[0])
            }
            _ => path,
        };
        Self { pointer, message: Bilingual { zh, en } }
    }
}

/// The title and the name of a property.
fn named(layer: &Layer, name: &str) -> (String, String) {
    match layer.properties.get(name) {
        Some(property) => (format!("“{}”（{name}）", property.title.zh), format!("`{name}` ({})", property.title.en)),
        None => (format!("“{name}”"), format!("`{name}`")),
    }
}

fn told(layer: &Layer, name: &str, error: &ValidationError<'_>) -> (String, String) {
    let (zh, en) = named(layer, name);
    let got = short(error.instance());
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let (zh, en) = named(layer, property.as_str().unwrap_or_default());
            (format!("缺少{zh}。"), format!("{en} is missing"))
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let known = layer.properties.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            let unexpected = unexpected.join(", ");
            (format!("没有属性 {unexpected}；有：{known}。"), format!("there is no `{unexpected}`; there are: {known}"))
        }
        ValidationErrorKind::Enum { .. } => {
            let values = layer.properties.get(name).map(|property| property.values.as_slice()).unwrap_or_default();
            let in_zh: Vec<String> = values.iter().map(|one| format!("{}（{}）", one.value, one.title.zh)).collect();
            let in_en: Vec<String> = values.iter().map(|one| format!("{} ({})", one.value, one.title.en)).collect();
            (
                format!("{zh}不能是 {got}；可取：{}。", in_zh.join("、")),
                format!("{en} cannot be {got}; it is one of: {}", in_en.join(", ")),
            )
        }
        ValidationErrorKind::Pattern { pattern } => {
            (format!("{zh}的值 {got} 不合格式 {pattern}。"), format!("{en}: {got} is not of the form {pattern}"))
        }
        ValidationErrorKind::Type { kind } => {
            let wanted = match kind {
                TypeKind::Single(kind) => kind.to_string(),
                TypeKind::Multiple(_) => String::new(),
            };
            let in_zh = match wanted.as_str() {
                "string" => "文本",
                "integer" => "整数",
                "number" => "数",
                "boolean" => "true 或 false",
                _ => "另一类型的值",
            };
            (format!("{zh}应为{in_zh}，得到 {got}。"), format!("{en} is to be of type {wanted}, not {got}"))
        }
        ValidationErrorKind::Minimum { limit } => {
            (format!("{zh}至少为 {limit}，得到 {got}。"), format!("{en} is at least {limit}, not {got}"))
        }
        ValidationErrorKind::Maximum { limit } => {
            (format!("{zh}至多为 {limit}，得到 {got}。"), format!("{en} is at most {limit}, not {got}"))
        }
        ValidationErrorKind::MaxLength { limit } => {
            let length = error.instance().as_str().map_or(0, |text| text.chars().count());
            (
                format!("{zh}最多 {limit} 个字符，得到 {length} 个。"),
                format!("{en} has at most {limit} characters, not {length}"),
            )
        }
        ValidationErrorKind::Format { .. } => (
            format!("{zh}应为日期，如 2025-06-30，得到 {got}。"),
            format!("{en} is a day such as 2025-06-30, not {got}"),
        ),
        _ => (format!("{zh}不合规则：{error}。"), format!("{en}: {error}")),
    }
}

/// A value as it is repeated to whoever sent it.
fn short(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = value.to_string();
    if text.chars().count() <= LONGEST { text } else { text.chars().take(LONGEST).chain(['…']).collect() }
}
