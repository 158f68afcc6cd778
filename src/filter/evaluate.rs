//! Asking a filter of one feature.

use std::borrow::Cow;

use geo::{Geodesic, Length};

use super::Subject;
use super::temporal::Span;
use super::term::{Measure, Term, Test};
use super::value::{Value, without_accents};
use crate::domain::Geometry;
use crate::geodesy::around::Around;
use crate::geodesy::geodesic;

/// Nobody: constants ask nothing.
struct Nobody;

impl Subject for Nobody {
    fn value(&self, _: &str, _: super::Kind) -> Value<'_> {
        Value::Null
    }
}

impl Test {
    /// Whether it holds; none: it cannot be told.
    pub(super) fn holds(&self, subject: &impl Subject) -> Option<bool> {
        match self {
            Self::All(tests) => together(tests, subject, false),
            Self::Any(tests) => together(tests, subject, true),
            Self::Not(test) => test.holds(subject).map(|holds| !holds),
            Self::Compare(comparison, a, b) => Some(comparison.holds(a.value(subject).order(&b.value(subject))?)),
            Self::Between(of, low, high) => {
                let of = of.value(subject);
                let (low, high) = (of.order(&low.value(subject))?, of.order(&high.value(subject))?);
                Some(low.is_ge() && high.is_le())
            }
            Self::In(of, among) => {
                let of = of.value(subject);
                let mut is_open = matches!(of, Value::Null);
                for one in among {
                    match of.order(&one.value(subject)) {
                        Some(order) if order.is_eq() => return Some(true),
                        Some(_) => {}
                        None => is_open = true,
                    }
                }
                (!is_open).then_some(false)
            }
            Self::Like(of, pattern) => match of.value(subject) {
                Value::Text(text) => Some(pattern.is_match(&text)),
                _ => None,
            },
            Self::IsNull(of) => Some(matches!(of.value(subject), Value::Null)),
            Self::Spatial(relation, a, b) => match (a.value(subject), b.value(subject)) {
                (Value::Geometry(a), Value::Geometry(b)) => Some(relation.holds(&a, &b)),
                _ => None,
            },
            Self::Temporal(relation, a, b) => match (a.value(subject), b.value(subject)) {
                (Value::Span(a), Value::Span(b)) => Some(relation.holds(a, b)),
                _ => None,
            },
            Self::List(relation, a, b) => match (a.value(subject), b.value(subject)) {
                (Value::List(a), Value::List(b)) => Some(relation.holds(&a, &b)),
                _ => None,
            },
            Self::Is(term) => match term.value(subject) {
                Value::Bool(holds) => Some(holds),
                _ => None,
            },
        }
    }
}

/// All or any of some tests: one that decides, decides, whatever cannot be told of others.
fn together(tests: &[Test], subject: &impl Subject, decides: bool) -> Option<bool> {
    let mut is_open = false;
    for test in tests {
        match test.holds(subject) {
            Some(holds) if holds == decides => return Some(decides),
            Some(_) => {}
            None => is_open = true,
        }
    }
    (!is_open).then_some(!decides)
}

impl Term {
    /// Its value, if no feature is needed to tell it.
    pub(super) fn constant(&self) -> Option<Value<'_>> {
        match self {
            Self::Constant(_) => Some(self.value(&Nobody)),
            Self::Lower(of) | Self::Plain(of) => of.constant().map(|_| self.value(&Nobody)),
            Self::Arithmetic(_, a, b) => a.constant().and(b.constant()).map(|_| self.value(&Nobody)),
            _ => None,
        }
    }

    pub(super) fn value<'v>(&'v self, subject: &'v impl Subject) -> Value<'v> {
        match self {
            Self::Property(name, kind) => subject.value(name, *kind),
            Self::Constant(value) => borrowed(value),
            Self::Arithmetic(arithmetic, a, b) => match (a.value(subject), b.value(subject)) {
                (Value::Number(a), Value::Number(b)) => arithmetic.reckon(a, b).map_or(Value::Null, Value::Number),
                _ => Value::Null,
            },
            Self::Lower(of) => of.text(subject, str::to_lowercase),
            Self::Plain(of) => of.text(subject, without_accents),
            Self::Interval(from, to) => match (from.value(subject), to.value(subject)) {
                (Value::Span(from), Value::Span(to)) => Value::Span(Span::between(from, to)),
                _ => Value::Null,
            },
            Self::List(terms) => Value::List(terms.iter().map(|term| term.value(subject)).collect()),
            Self::Test(test) => test.holds(subject).map_or(Value::Null, Value::Bool),
            Self::Measure(measure, of) => measured(*measure, of, subject).map_or(Value::Null, Value::Number),
        }
    }

    fn text<'v>(&'v self, subject: &'v impl Subject, change: fn(&str) -> String) -> Value<'v> {
        match self.value(subject) {
            Value::Text(text) => Value::Text(Cow::Owned(change(&text))),
            _ => Value::Null,
        }
    }
}

fn borrowed<'v>(value: &'v Value<'static>) -> Value<'v> {
    match value {
        Value::Text(text) => Value::Text(Cow::Borrowed(text)),
        Value::Geometry(geometry) => Value::Geometry(Cow::Borrowed(geometry)),
        other => other.clone(),
    }
}

fn measured(measure: Measure, of: &[Term], subject: &impl Subject) -> Option<f64> {
    let geometry = |at: usize| match of.get(at)?.value(subject) {
        Value::Geometry(geometry) => Some(geometry),
        _ => None,
    };
    let one = geometry(0)?;
    match measure {
        Measure::Area => Some(geodesic::area_m2(&Geometry::new(one.into_owned()).ok()?)),
        Measure::Length => match one.as_ref() {
            geo_types::Geometry::LineString(line) => Some(Geodesic.length(line)),
            geo_types::Geometry::MultiLineString(lines) => Some(Geodesic.length(lines)),
            _ => Some(0.0),
        },
        Measure::Distance => {
            let other = geometry(1)?;
            match (one.as_ref(), other.as_ref()) {
                (geo_types::Geometry::Point(at), other) | (other, geo_types::Geometry::Point(at)) => {
                    Some(Around::of(*at)?.distance_m(other))
                }
                _ => None,
            }
        }
    }
}
