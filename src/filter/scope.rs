//! What an index can serve of a filter.

use geo::BoundingRect;
use geo_types::{Coord, Geometry, Rect};

use super::Kind;
use super::spatial::Relation;
use super::term::{Comparison, Measure, Term, Test};
use super::value::Value;
use crate::geodesy::around::Around;

/// A box outside of which a test does not hold; none: it may hold anywhere.
pub(super) fn of(test: &Test) -> Option<Rect<f64>> {
    match test {
        // What touches two boxes need not touch what these have in common.
        Test::All(tests) => tests.iter().filter_map(of).min_by(|a, b| size(a).total_cmp(&size(b))),
        Test::Any(tests) => {
            let boxes: Option<Vec<Rect<f64>>> = tests.iter().map(of).collect();
            boxes?.into_iter().reduce(around_both)
        }
        Test::Spatial(relation, a, b) if *relation != Relation::Disjoint => match (a, b) {
            (Term::Property(_, Kind::Geometry), other) | (other, Term::Property(_, Kind::Geometry)) => {
                geometry_of(other)?.bounding_rect()
            }
            _ => None,
        },
        Test::Compare(Comparison::Less | Comparison::LessOrEqual, Term::Measure(Measure::Distance, of), limit) => {
            near(of, limit)
        }
        Test::Compare(
            Comparison::Greater | Comparison::GreaterOrEqual,
            limit,
            Term::Measure(Measure::Distance, of),
        ) => near(of, limit),
        _ => None,
    }
}

/// The values of text that a test lets a queryable have; none: it may have others.
pub(super) fn only_values<'t>(test: &'t Test, name: &str) -> Option<Vec<&'t str>> {
    let is_it = |term: &Term| matches!(term, Term::Property(property, Kind::Text) if property == name);
    match test {
        Test::All(tests) => tests.iter().find_map(|test| only_values(test, name)),
        Test::Any(tests) => {
            let lists: Option<Vec<Vec<&str>>> = tests.iter().map(|test| only_values(test, name)).collect();
            Some(lists?.concat())
        }
        Test::Compare(Comparison::Equal, of, value) if is_it(of) => Some(vec![text_of(value)?]),
        Test::Compare(Comparison::Equal, value, of) if is_it(of) => Some(vec![text_of(value)?]),
        Test::In(of, among) if is_it(of) => among.iter().map(text_of).collect(),
        _ => None,
    }
}

fn text_of(term: &Term) -> Option<&str> {
    match term {
        Term::Constant(Value::Text(text)) => Some(text),
        _ => None,
    }
}

fn geometry_of(term: &Term) -> Option<&Geometry<f64>> {
    match term {
        Term::Constant(Value::Geometry(geometry)) => Some(geometry),
        _ => None,
    }
}

/// The box around a circle.
fn near(of: &[Term], limit: &Term) -> Option<Rect<f64>> {
    let Some(Value::Number(metres)) = limit.constant() else { return None };
    let centre = of.iter().find_map(|term| match geometry_of(term) {
        Some(Geometry::Point(at)) => Some(*at),
        _ => None,
    })?;
    if !of.iter().any(|term| matches!(term, Term::Property(_, Kind::Geometry))) {
        return None;
    }
    let bbox = Around::of(centre)?.box_around(metres.max(0.0));
    let corner = |x, y| Coord { x, y };
    Some(Rect::new(corner(bbox.west(), bbox.south()), corner(bbox.east(), bbox.north())))
}

fn size(rect: &Rect<f64>) -> f64 {
    rect.width() * rect.height()
}

fn around_both(a: Rect<f64>, b: Rect<f64>) -> Rect<f64> {
    Rect::new(
        Coord { x: a.min().x.min(b.min().x), y: a.min().y.min(b.min().y) },
        Coord { x: a.max().x.max(b.max().x), y: a.max().y.max(b.max().y) },
    )
}
