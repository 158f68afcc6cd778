//! A filter after it was checked: tests and terms.

use std::cmp::Ordering;

use super::value::Value;
use super::{Kind, spatial, temporal};

/// Something that holds, does not hold, or cannot be told.
#[derive(Debug)]
pub(super) enum Test {
    All(Vec<Test>),
    Any(Vec<Test>),
    Not(Box<Test>),
    Compare(Comparison, Term, Term),
    Between(Term, Term, Term),
    In(Term, Vec<Term>),
    Like(Term, regex::Regex),
    IsNull(Term),
    Spatial(spatial::Relation, Term, Term),
    Temporal(temporal::Relation, Term, Term),
    List(ListRelation, Term, Term),
    /// A term that is a boolean.
    Is(Term),
}

/// Something that has a value.
#[derive(Debug)]
pub(super) enum Term {
    Property(String, Kind),
    Constant(Value<'static>),
    Arithmetic(Arithmetic, Box<Term>, Box<Term>),
    /// Text in lower case.
    Lower(Box<Term>),
    /// Text without accents.
    Plain(Box<Term>),
    /// From the beginning of one to the end of another.
    Interval(Box<Term>, Box<Term>),
    List(Vec<Term>),
    Test(Box<Test>),
    Measure(Measure, Vec<Term>),
}

/// `=`, `<` and their like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Different,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    pub(super) fn named(op: &str) -> Option<Self> {
        Some(match op {
            "=" => Self::Equal,
            "<>" => Self::Different,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    pub(super) const fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Different => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// What is reckoned from two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    /// Towards zero.
    WholeDivide,
}

impl Arithmetic {
    pub(super) fn named(op: &str) -> Option<Self> {
        Some(match op {
            "+" => Self::Add,
            "-" => Self::Subtract,
            "*" => Self::Multiply,
            "/" => Self::Divide,
            "%" => Self::Modulo,
            "^" => Self::Power,
            "div" => Self::WholeDivide,
            _ => return None,
        })
    }

    /// None where there is no number: nothing can be divided by zero.
    pub(super) fn reckon(self, a: f64, b: f64) -> Option<f64> {
        let number = match self {
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide => a / b,
            Self::Modulo => a % b,
            Self::Power => a.powf(b),
            Self::WholeDivide => (a / b).trunc(),
        };
        number.is_finite().then_some(number)
    }
}

/// How two lists lie to each other, as sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListRelation {
    Equals,
    Contains,
    ContainedBy,
    Overlaps,
}

impl ListRelation {
    pub(super) fn named(op: &str) -> Option<Self> {
        Some(match op {
            "a_equals" => Self::Equals,
            "a_contains" => Self::Contains,
            "a_containedBy" => Self::ContainedBy,
            "a_overlaps" => Self::Overlaps,
            _ => return None,
        })
    }

    pub(super) fn holds(self, a: &[Value<'_>], b: &[Value<'_>]) -> bool {
        let has = |list: &[Value<'_>], one: &Value<'_>| list.iter().any(|other| other.is_same(one));
        match self {
            Self::Contains => b.iter().all(|one| has(a, one)),
            Self::ContainedBy => a.iter().all(|one| has(b, one)),
            Self::Equals => Self::Contains.holds(a, b) && Self::ContainedBy.holds(a, b),
            Self::Overlaps => a.iter().any(|one| has(b, one)),
        }
    }
}

/// What is measured of geometries, on the ellipsoid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// Square metres.
    Area,
    /// Metres.
    Length,
    /// Metres between two.
    Distance,
}

impl Measure {
    /// By the name of a function, and how many geometries it takes.
    pub(super) fn named(function: &str) -> Option<(Self, usize)> {
        Some(match function {
            "area_m2" => (Self::Area, 1),
            "length_m" => (Self::Length, 1),
            "distance_m" => (Self::Distance, 2),
            _ => return None,
        })
    }
}
