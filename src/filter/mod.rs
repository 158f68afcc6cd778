//! Filters in CQL2 (OGC 21-065r2): read by the `cql2` crate, checked against what a layer has, and asked of
//! one feature at a time. What an index can serve of a filter it tells: a box, and codes.
//!
//! Three truths, as in SQL: what a feature does not have is neither equal nor different, and a filter lets
//! through only what is true.

mod compile;
mod evaluate;
mod language;
mod scope;
mod spatial;
mod temporal;
mod term;
mod value;

use std::collections::BTreeMap;

pub use language::Language;
pub use spatial::Transform;
pub use temporal::Span;
pub use value::Value;

use term::Test;

/// What a queryable holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A number, whole or not.
    Number,
    /// Yes or no.
    Boolean,
    /// A day.
    Date,
    /// An instant.
    Timestamp,
    /// Where something is.
    Geometry,
    /// Several values.
    List,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "a number",
            Self::Boolean => "a boolean",
            Self::Date => "a date",
            Self::Timestamp => "a timestamp",
            Self::Geometry => "a geometry",
            Self::List => "a list",
        }
    }
}

/// What may be asked about, by name.
pub type Queryables = BTreeMap<String, Kind>;

/// Something a filter is asked of.
pub trait Subject {
    /// The value under a queryable's name; [`Value::Null`] where it has none.
    fn value(&self, name: &str, kind: Kind) -> Value<'_>;
}

/// Why a filter cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FilterError {
    /// It is no CQL2 text.
    #[error("it is no CQL2 text{}: {expected}", at.map_or_else(String::new, |(line, column)| format!(" at line {line}, column {column}")))]
    Text {
        /// Line and column, from 1.
        at: Option<(usize, usize)>,
        /// What was expected there.
        expected: String,
    },
    /// It is no CQL2 JSON.
    #[error("it is no CQL2 JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// It is nested too deep, or takes too long to read.
    #[error("it is nested too deep; at most {0} levels are read")]
    TooDeep(usize),
    /// It names what nobody may ask about.
    #[error("`{name}` is not a queryable; there are: {known}")]
    Unknown {
        /// What it names.
        name: String,
        /// What there is.
        known: String,
    },
    /// An operator or function that is not known.
    #[error("`{0}` is not an operator or function of this server")]
    Operator(String),
    /// Too many or too few things for an operator.
    #[error("`{op}` takes {expected}, not {got}")]
    Arity {
        /// The operator.
        op: String,
        /// What it takes.
        expected: &'static str,
        /// How many there are.
        got: usize,
    },
    /// Something of the wrong kind.
    #[error("{place} is to be {expected}, not {got}")]
    Kind {
        /// Where.
        place: String,
        /// What is expected.
        expected: &'static str,
        /// What stands there.
        got: &'static str,
    },
    /// A day or an instant that is none.
    #[error("`{0}` is not a date or a timestamp (RFC 3339)")]
    Time(String),
    /// A geometry that is none.
    #[error("a geometry cannot be used: {0}")]
    Geometry(String),
}

/// A filter that can be asked.
#[derive(Debug)]
pub struct Filter {
    test: Test,
}

impl Filter {
    /// Reads a filter. `transform` brings its coordinates to CRS84.
    pub fn parse(
        text: &str,
        language: Language,
        queryables: &Queryables,
        transform: Transform<'_>,
    ) -> Result<Self, FilterError> {
        let expression = language::parse(text, language)?;
        let test = compile::Compiler { queryables, transform }.test(expression)?;
        Ok(Self { test })
    }

    /// Whether it lets something through.
    pub fn lets_through(&self, subject: &impl Subject) -> bool {
        self.test.holds(subject) == Some(true)
    }

    /// A box outside of which nothing is let through, as far as one can tell.
    pub fn scope(&self) -> Option<geo_types::Rect<f64>> {
        scope::of(&self.test)
    }

    /// The only values under a queryable of text that are let through, as far as one can tell.
    pub fn only_values(&self, name: &str) -> Option<Vec<&str>> {
        scope::only_values(&self.test, name)
    }
}
