//! Two writers, one feature: what differs, and what collides.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use crate::domain::{Geometry, Properties};

/// A member of a feature that both writers changed, each in their own way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Collision {
    /// `geometry`, or the name of a property.
    pub field: String,
    /// What both of them saw.
    pub base: Value,
    /// What this writer wants.
    pub mine: Value,
    /// What stands now.
    pub theirs: Value,
}

/// The content of a feature: where it is, and its values.
pub(super) type Content<'a> = (&'a Geometry, &'a Properties);

/// The members in which two contents differ: `geometry`, then the names of properties in order.
pub fn differences(a: Content<'_>, b: Content<'_>) -> Vec<String> {
    let geometry = (a.0 != b.0).then(|| GEOMETRY.to_owned());
    let names: BTreeSet<&String> = a.1.keys().chain(b.1.keys()).collect();
    let differing = names.into_iter().filter(|name| value(a.1, name) != value(b.1, name)).cloned();
    geometry.into_iter().chain(differing).collect()
}

/// What both writers changed since `base`, and not to the same value.
pub fn collisions(base: Content<'_>, mine: Content<'_>, theirs: Content<'_>) -> Vec<Collision> {
    let by_them: BTreeSet<String> = differences(base, theirs).into_iter().collect();
    differences(base, mine)
        .into_iter()
        .filter(|field| by_them.contains(field))
        .map(|field| Collision {
            base: member(base, &field),
            mine: member(mine, &field),
            theirs: member(theirs, &field),
            field,
        })
        .filter(|collision| collision.mine != collision.theirs)
        .collect()
}

const GEOMETRY: &str = "geometry";

fn member(content: Content<'_>, field: &str) -> Value {
    if field == GEOMETRY { content.0.to_geojson() } else { value(content.1, field).clone() }
}

/// A value; an absent one is null.
fn value<'a>(properties: &'a Properties, name: &str) -> &'a Value {
    properties.get(name).unwrap_or(&Value::Null)
}
