//! Drafts of the demo: a layer, a geometry, a village and named values, always marked synthetic.

use serde_json::Value;

use crate::domain::{DivisionCode, Draft, Geometry, Properties};

use super::DemoError;

/// A draft marked synthetic; null values are left out.
pub(super) fn draft<const N: usize>(
    layer: &str,
    geometry: Geometry,
    village: Option<DivisionCode>,
    values: [(&'static str, Value); N],
) -> Result<Draft, DemoError> {
    let mut properties = Properties::with_capacity(N + 1);
    for (name, value) in values {
        if !value.is_null() {
            properties.insert(name.to_owned(), value);
        }
    }
    properties.insert("synthetic".to_owned(), Value::Bool(true));
    Ok(Draft { layer: layer.parse()?, geometry, properties, village })
}

/// Whole metres or square metres as a JSON number.
pub(super) fn whole(value: f64) -> Value {
    Value::from(value.round() as u64)
}

/// Tenths, as a JSON number.
pub(super) fn tenths(value: f64) -> Value {
    Value::from((value * 10.0).round() / 10.0)
}
