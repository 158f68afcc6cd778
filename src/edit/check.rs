//! The rules a feature must obey, and what is only worth a look.

use geo::Validation;

use super::Fault;
use crate::catalog::schema::Validator;
use crate::catalog::{CodeKind, Inside, Layer};
use crate::domain::codes::doorplate::DoorplateCode;
use crate::domain::{DivisionCode, Draft, Feature, FeatureId, GeometryKind};
use crate::index::Snapshot;

/// What is looked at: a draft, in its layer, on the map.
pub(super) struct Subject<'a> {
    /// The map.
    pub(super) map: &'a Snapshot,
    /// The layer's position.
    pub(super) at: usize,
    /// The layer.
    pub(super) layer: &'a Layer,
    /// The feature as it stands; none of a create.
    pub(super) before: Option<&'a Feature>,
    /// As it is to be.
    pub(super) draft: &'a Draft,
}

impl<'a> Subject<'a> {
    /// Its code, if the layer has codes.
    pub(super) fn code(&self) -> Option<&'a str> {
        self.draft.properties.get(&self.layer.code.as_ref()?.property)?.as_str()
    }

    fn has_moved(&self) -> bool {
        self.before.is_none_or(|before| before.content.geometry != self.draft.geometry)
    }

    fn has_new(&self, property: &str) -> bool {
        self.before.is_none_or(|before| before.content.properties.get(property) != self.draft.properties.get(property))
    }
}

/// Everything that stops an edit.
pub(super) fn faults(subject: &Subject<'_>, validator: &Validator) -> Vec<Fault> {
    let mut faults: Vec<Fault> = properties(subject, validator);
    if subject.has_moved() {
        faults.extend(geometry(subject));
    }
    faults.extend(taken_code(subject));
    if faults.is_empty() {
        faults.extend(other_village(subject));
    }
    faults
}

fn properties(subject: &Subject<'_>, validator: &Validator) -> Vec<Fault> {
    let faults = validator.faults(&subject.draft.properties).into_iter();
    faults
        .map(|fault| {
            let pointer = format!("/properties{}", fault.pointer);
            Fault::new(pointer, "property.invalid", format!("属性值不合规则：{}", fault.message), fault.message)
        })
        .collect()
}

fn geometry(subject: &Subject<'_>) -> Option<Fault> {
    let (draft, layer) = (subject.draft, subject.layer);
    if draft.geometry.kind() != layer.geometry {
        let (zh, en) = named(layer.geometry);
        return Some(Fault::new(
            "/geometry",
            "geometry.kind",
            format!("本图层的要素应为{zh}。"),
            format!("expected {en}, which is what this layer holds"),
        ));
    }
    if let Err(error) = draft.geometry.as_geo().check_validation() {
        let zh = format!("几何无效：{error}。环不得自相交，内环须在外环之内。");
        let en = format!("the geometry is not valid: {error}; rings may not cross themselves");
        return Some(Fault::new("/geometry", "geometry.invalid", zh, en));
    }
    (!is_in_city(subject)).then(|| {
        let at = draft.geometry.representative();
        let at = format!("{:.6},{:.6}", at.lon(), at.lat());
        let zh = format!("位置 {at} 在市界之外；经纬度是否颠倒，或为 GCJ-02/BD-09 坐标？");
        let en = format!("{at} is outside the city; are longitude and latitude swapped, or is it GCJ-02 or BD-09?");
        Fault::new("/geometry", "geometry.outside_city", zh, en)
    })
}

const fn named(kind: GeometryKind) -> (&'static str, &'static str) {
    match kind {
        GeometryKind::Point => ("点（Point）", "a Point"),
        GeometryKind::Line => ("线（LineString 或 MultiLineString）", "a LineString or MultiLineString"),
        GeometryKind::Polygon => ("面（Polygon 或 MultiPolygon）", "a Polygon or MultiPolygon"),
    }
}

/// By the city's outline where the map has it, else by the box that the catalogue gives.
fn is_in_city(subject: &Subject<'_>) -> bool {
    let at = subject.draft.geometry.representative();
    let catalogue = subject.map.catalogue();
    let city = catalogue.layers.iter().position(|layer| layer.id.as_str() == "city");
    match city.filter(|&city| city != subject.at && subject.map.count(city) > 0) {
        Some(city) => subject.map.layer(city).in_box(at.into()).any(|item| item.covers(at)),
        None => catalogue.city.bounds.contains(at),
    }
}

/// A code that is another feature's.
fn taken_code(subject: &Subject<'_>) -> Option<Fault> {
    other_with_code(subject).map(|(fault, _)| fault)
}

/// The fault of a code that is another feature's, and that feature.
pub(super) fn other_with_code(subject: &Subject<'_>) -> Option<(Fault, FeatureId)> {
    let rule = subject.layer.code.as_ref()?;
    let code = subject.code().filter(|_| subject.has_new(&rule.property))?;
    let other = subject.map.by_code(subject.at, code)?;
    if subject.before.is_some_and(|before| before.id == other.id) {
        return None;
    }
    let pointer = format!("/properties/{}", rule.property);
    let zh = format!("编码 {code} 已属于要素 {}。", other.id);
    let en = format!("the code {code} is that of feature {} already", other.id);
    Some((Fault::new(pointer, "code.taken", zh, en), other.id))
}

/// A code that begins with a village states where its feature is.
fn other_village(subject: &Subject<'_>) -> Option<Fault> {
    let rule = subject.layer.code.as_ref()?;
    if !subject.has_moved() && !subject.has_new(&rule.property) {
        return None;
    }
    let code = subject.code()?;
    let stated: DivisionCode = match rule.kind {
        CodeKind::Doorplate => code.parse::<DoorplateCode>().ok()?.village(),
        _ => return None,
    };
    let lies_in = subject.draft.village;
    if lies_in == Some(stated) {
        return None;
    }
    let place = lies_in.map_or_else(|| "—".to_owned(), |village| village.to_string());
    let zh = format!("编码所示村（社区）为 {stated}，位置却在 {place}。");
    let en = format!("the code says village {stated}, but the position lies in {place}");
    Some(Fault::new("/geometry", "village.mismatch", zh, en))
}

/// Everything that is worth a look.
pub(super) fn warnings(subject: &Subject<'_>) -> Vec<Fault> {
    let mut warnings = Vec::new();
    if subject.has_moved() {
        warnings.extend(too_near(subject));
    }
    let inside = subject.layer.edits.inside.iter();
    warnings.extend(
        inside
            .filter(|inside| subject.has_moved() || subject.has_new(&inside.property))
            .filter_map(|inside| outside(subject, inside)),
    );
    warnings
}

fn too_near(subject: &Subject<'_>) -> Option<Fault> {
    let apart_m = subject.layer.edits.apart_m?;
    let at = subject.draft.geometry.representative();
    let own = subject.before.map(|before| before.id);
    let near = subject.map.nearest(subject.at, at, 2, apart_m);
    let (distance_m, other) = near.into_iter().find(|(_, item)| Some(item.id) != own)?;
    let zh = format!("距要素 {} 仅 {distance_m:.1} 米；是否重复？", other.id);
    let en = format!("feature {} is only {distance_m:.1} m away; is this one a duplicate?", other.id);
    Some(Fault::new("/geometry", "feature.too_near", zh, en))
}

fn outside(subject: &Subject<'_>, inside: &Inside) -> Option<Fault> {
    let name = subject.draft.properties.get(&inside.property)?.as_str()?;
    let layer = subject.map.catalogue().position(&inside.layer)?;
    let at = subject.draft.geometry.representative();
    let is_named = |value: serde_json::Value| value.as_str() == Some(name);
    let mut here = subject.map.layer(layer).in_box(at.into()).filter(|area| area.covers(at));
    if here.any(|area| area.property(&inside.by).is_some_and(is_named)) {
        return None;
    }
    let (zh, en) = (format!("位置不在“{name}”之内。"), format!("the position is not inside `{name}`"));
    Some(Fault::new(format!("/properties/{}", inside.property), "area.outside", zh, en))
}
