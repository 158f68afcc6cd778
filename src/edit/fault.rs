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
