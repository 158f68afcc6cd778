//! What a layer's declaration must hold beyond the types of its keys.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use toml::de::{DeTable, DeValue};

use super::load::{Fault, line_at};
use super::{Department, Group, LAYERS, Layer, Property, PropertyType, Roles};
use crate::domain::{Action, GeometryKind};
use crate::geodesy::world::DEEPEST_ZOOM;

/// Collects the faults of one file and finds the line of each key.
pub(super) struct Checked<'a> {
    file: &'a str,
    text: &'a str,
    faults: &'a mut Vec<Fault>,
}

impl<'a> Checked<'a> {
    pub(super) fn new(file: &'a str, text: &'a str, faults: &'a mut Vec<Fault>) -> Self {
        Self { file, text, faults }
    }

    /// Notes a fault unless `holds`.
    fn expect(&mut self, holds: bool, path: &[&str], message: impl FnOnce() -> String) {
        if !holds {
            let line = self.line_of(path);
            self.faults.push(Fault { file: self.file.to_owned(), line, key: path.join("."), message: message() });
        }
    }

    /// The line of the deepest part of the path that the file has.
    fn line_of(&self, path: &[&str]) -> usize {
        let Ok(root) = DeTable::parse(self.text) else { return 1 };
        let mut table = root.get_ref();
        let mut line = 1;
        for part in path {
            let Some(value) = table.get(*part) else { break };
            line = line_at(self.text, value.span().start);
            match value.get_ref() {
                DeValue::Table(inner) => table = inner,
                _ => break,
            }
        }
        line
    }
}

/// Checks a layer against itself and against what it refers to.
pub(super) fn check_layer(
    layer: &Layer,
    groups: &IndexMap<String, Group>,
    departments: &IndexMap<String, Department>,
    classes: &mut BTreeMap<u8, String>,
    checked: &mut Checked<'_>,
) {
    let file_name = checked.file.trim_start_matches("layers/").trim_end_matches(".toml");
    checked.expect(layer.id.as_str() == file_name, &["id"], || {
        format!("expected the name of the file, `{file_name}`, got `{}`", layer.id)
    });
    checked.expect(layer.id.as_str() != LAYERS, &["id"], || {
        format!("expected another name than `{LAYERS}`, which is that of the catalogue of layers")
    });
    checked.expect(groups.contains_key(&layer.group), &["group"], || {
        format!("expected a key of groups.toml ({}), got `{}`", keys_of(groups), layer.group)
    });
    checked.expect(departments.contains_key(&layer.owner), &["owner"], || {
        format!("expected a key of departments.toml ({}), got `{}`", keys_of(departments), layer.owner)
    });
    checked.expect(layer.smallest_count >= 1, &["smallest_count"], || "expected 1 or more, got 0".to_owned());
    let zooms = layer.zoom;
    checked.expect(zooms.min <= zooms.max && zooms.max <= DEEPEST_ZOOM, &["zoom"], || {
        format!("expected 0 ≤ min ≤ max ≤ {DEEPEST_ZOOM}, got min {}, max {}", zooms.min, zooms.max)
    });
    checked.expect(!layer.basemap || layer.is_public(), &["basemap"], || {
        "expected a public layer; everybody has the base map".to_owned()
    });
    check_properties(layer, checked);
    check_references(layer, checked);
    check_style(layer, checked);
    if let Some(governance) = &layer.governance {
        let class = governance.class;
        checked.expect((1..=12).contains(&class), &["governance", "class"], || {
            format!("expected a class from 1 to 12, got {class}")
        });
        if let Some(other) = classes.insert(class, layer.id.to_string()) {
            checked.expect(false, &["governance", "class"], || {
                format!("class {class} is already that of layer `{other}`")
            });
        }
        for source in &governance.sources {
            checked.expect(departments.contains_key(source), &["governance", "sources"], || {
                format!("expected keys of departments.toml ({}), got `{source}`", keys_of(departments))
            });
        }
    }
}

/// Checks the roles: each may do something, and one may give accounts.
pub(super) fn check_roles(roles: &Roles, checked: &mut Checked<'_>) {
    for (id, role) in roles {
        checked.expect(!role.may.is_empty(), &[id.as_str(), "may"], || "expected at least one action".to_owned());
    }
    let somebody = roles.values().any(|role| role.may.contains(&Action::Administer));
    checked.expect(somebody, &[], || "expected a role that may `administer`; nobody could give accounts".to_owned());
}

fn keys_of<T>(map: &IndexMap<String, T>) -> String {
    map.keys().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}

fn check_properties(layer: &Layer, checked: &mut Checked<'_>) {
    /// One bit of a key marks enumerated values in packed rows, and one key is `synthetic`.
    const MOST_PROPERTIES: usize = 126;
    checked.expect(layer.properties.len() <= MOST_PROPERTIES, &["properties"], || {
        format!("expected at most {MOST_PROPERTIES} properties, got {}", layer.properties.len())
    });
    for (name, property) in &layer.properties {
        let is_free = ![super::GEOMETRY, super::ID, super::VILLAGE].contains(&name.as_str());
        checked.expect(is_free, &["properties", name], || {
            format!("expected another name than `{name}`, which every feature has")
        });
        let path = |key: &'static str| ["properties".to_owned(), name.clone(), key.to_owned()];
        let mut expect = |holds: bool, key: &'static str, message: String| {
            let path = path(key);
            checked.expect(holds, &[&path[0], &path[1], &path[2]], || message);
        };
        let is_text = property.kind == PropertyType::String;
        let is_number = matches!(property.kind, PropertyType::Integer | PropertyType::Number);
        if let Some(pattern) = &property.pattern {
            let compiled = regex::Regex::new(&anchored(pattern));
            expect(compiled.is_ok(), "pattern", format!("expected a regular expression, got `{pattern}`"));
            expect(is_text, "pattern", "only a string has a pattern".to_owned());
        }
        expect(property.values.is_empty() || is_text, "enum", "only a string is enumerated".to_owned());
        let mut seen = std::collections::BTreeSet::new();
        for value in &property.values {
            expect(seen.insert(&value.value), "enum", format!("`{}` stands there twice", value.value));
        }
        for (key, bound) in [("minimum", property.minimum), ("maximum", property.maximum)] {
            expect(bound.is_none() || is_number, key, "only a number has bounds".to_owned());
        }
        if let (Some(minimum), Some(maximum)) = (property.minimum, property.maximum) {
            expect(minimum <= maximum, "minimum", format!("{minimum} is greater than the maximum {maximum}"));
        }
        let counts = property.kind == PropertyType::Integer;
        expect(!property.count || counts, "count", "only an integer counts people or things".to_owned());
        expect(property.unit.is_none() || is_number, "unit", "only a number has a unit".to_owned());
        let names = is_text && property.values.is_empty();
        expect(property.references.is_none() || names, "references", "only a free text names a feature".to_owned());
    }
}

/// A pattern that must match a text as a whole.
pub(super) fn anchored(pattern: &str) -> String {
    format!("^(?:{pattern})$")
}

fn check_references(layer: &Layer, checked: &mut Checked<'_>) {
    let names = layer.properties.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let mut property = |path: &[&str], name: &str, fits: fn(&Property) -> bool, what: &str| {
        let found = layer.properties.get(name);
        checked.expect(found.is_some_and(fits), path, || match found {
            None => format!("expected {what} among the layer's properties ({names}), got `{name}`"),
            Some(_) => format!("expected {what}; `{name}` is none"),
        });
    };
    let enumerated: fn(&Property) -> bool = |property| !property.values.is_empty();
    property(&["label"], &layer.label, |_| true, "a property");
    if let Some(code) = &layer.code {
        property(&["code", "property"], &code.property, |p| p.kind == PropertyType::String, "a string property");
    }
    if let Some(fresh) = &layer.edits.fresh {
        property(&["edits", "fresh"], &fresh.property, |p| p.kind == PropertyType::Date, "a date property");
    }
    for inside in &layer.edits.inside {
        property(&["edits", "inside"], &inside.property, |p| p.kind == PropertyType::String, "a string property");
    }
    if let Some(priority) = &layer.priority {
        let is_number = |p: &Property| matches!(p.kind, PropertyType::Integer | PropertyType::Number);
        property(&["priority"], priority, is_number, "a number property");
    }
    if let Some(by) = layer.cluster.as_ref().and_then(|cluster| cluster.by.as_ref()) {
        property(&["cluster", "by"], by, enumerated, "an enumerated property");
    }
    if let Some(by) = &layer.style.by {
        property(&["style", "by"], by, enumerated, "an enumerated property");
    }
    if let Some(cluster) = &layer.cluster {
        checked.expect(layer.geometry == GeometryKind::Point, &["cluster"], || "only points are clustered".to_owned());
        let (min, max) = (layer.zoom.min + 1, layer.zoom.max);
        checked.expect((min..=max).contains(&cluster.below), &["cluster", "below"], || {
            format!("expected a zoom within the layer's own, {min} to {max}, got {}", cluster.below)
        });
    }
    let is_distance = |metres: f64| metres.is_finite() && metres > 0.0;
    let ends = layer.edits.ends_on.as_ref();
    checked.expect(
        ends.is_none_or(|ends| layer.geometry == GeometryKind::Line && is_distance(ends.within_m)),
        &["edits", "ends_on"],
        || "only lines end at something, within a distance above 0, metres".to_owned(),
    );
    checked.expect(
        !layer.edits.no_overlap || layer.geometry == GeometryKind::Polygon,
        &["edits", "no_overlap"],
        || "only polygons overlap".to_owned(),
    );
    checked.expect(layer.edits.apart_m.is_none_or(is_distance), &["edits", "apart_m"], || {
        "expected a distance above 0, metres".to_owned()
    });
    checked.expect(!layer.shared_borders || layer.geometry == GeometryKind::Polygon, &["shared_borders"], || {
        "only polygons share borders".to_owned()
    });
}

/// What a layer says its features lie in must be there.
pub(super) fn check_inside(layer: &Layer, layers: &[(String, Layer)], checked: &mut Checked<'_>) {
    if let Some(ends) = &layer.edits.ends_on {
        let is_there = layers.iter().any(|(_, other)| other.id == ends.layer);
        checked.expect(is_there, &["edits", "ends_on"], || format!("expected a layer, got `{}`", ends.layer));
    }
    for inside in &layer.edits.inside {
        let area = layers.iter().map(|(_, other)| other).find(|other| other.id == inside.layer);
        checked.expect(area.is_some_and(|area| area.geometry == GeometryKind::Polygon), &["edits", "inside"], || {
            format!("expected a layer of polygons, got `{}`", inside.layer)
        });
        let names = area.into_iter().flat_map(|area| area.properties.keys()).map(String::as_str).collect::<Vec<_>>();
        checked.expect(area.is_none() || names.contains(&inside.by.as_str()), &["edits", "inside"], || {
            format!("expected a property of `{}` ({}), got `{}`", inside.layer, names.join(", "), inside.by)
        });
    }
}

/// What the values of a layer are said to name must be there, whether it is served or not.
pub(super) fn check_named(layer: &Layer, layers: &[(String, Layer)], checked: &mut Checked<'_>) {
    for (name, property) in &layer.properties {
        let Some(reference) = &property.references else { continue };
        let path = ["properties", name, "references"];
        let Some((_, named)) = layers.iter().find(|(_, other)| other.id == reference.layer) else {
            checked.expect(false, &path, || format!("expected a layer, got `{}`", reference.layer));
            continue;
        };
        let texts = named.properties.iter().filter(|(_, by)| by.kind == PropertyType::String && by.values.is_empty());
        let texts: Vec<&str> = texts.map(|(by, _)| by.as_str()).collect();
        checked.expect(texts.contains(&reference.by.as_str()), &path, || {
            format!("expected a free text of `{}` ({}), got `{}`", named.id, texts.join(", "), reference.by)
        });
    }
}

fn check_style(layer: &Layer, checked: &mut Checked<'_>) {
    let style = &layer.style;
    let mut colour = |path: &[&str], text: &str| {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6);
        let holds = digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        checked.expect(holds, path, || format!("expected a colour like `#1f5fa8`, got `{text}`"));
    };
    colour(&["style", "color"], &style.color);
    colour(&["style", "dark"], &style.dark);
    for class in &style.classes {
        colour(&["style", "classes"], &class.color);
        colour(&["style", "classes"], &class.dark);
    }
    checked.expect((0.0..=1.0).contains(&style.opacity), &["style", "opacity"], || {
        format!("expected 0 to 1, got {}", style.opacity)
    });
    for later in &style.label_later {
        let property = layer.properties.get(&later.property).filter(|property| property.tile);
        let known = property.is_some_and(|property| property.values.iter().any(|value| value.value == later.value));
        checked.expect(known, &["style", "label_later"], || {
            format!(
                "expected a value of an enumerated property that tiles carry, got `{} = {}`",
                later.property, later.value
            )
        });
    }
    let declared = style.by.as_ref().and_then(|by| layer.properties.get(by));
    for class in &style.classes {
        let known = declared.is_some_and(|property| property.values.iter().any(|value| value.value == class.value));
        checked.expect(known, &["style", "classes"], || {
            format!("expected a value of the property in `style.by`, got `{}`", class.value)
        });
    }
}
