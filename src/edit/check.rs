//! The rules a feature must obey, and what is only worth a look.

use geo::{BooleanOps, CoordsIter, Validation};

use super::Fault;
use crate::catalog::schema::Validator;
use crate::catalog::{CodeKind, Inside, Layer};
use crate::domain::codes::doorplate::DoorplateCode;
use crate::domain::{DivisionCode, Draft, Feature, FeatureId, Geometry, GeometryKind, LonLat, Sight};
use crate::geodesy::geodesic::area_m2;
use crate::index::{Item, Snapshot};

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
    /// Itself on the map, where it stands there already: it is not held against itself.
    pub(super) own: Option<FeatureId>,
    /// What who asks may see: the rules hold against everything, but only what is seen is named. None: everything.
    pub(super) sight: Option<&'a Sight>,
}

impl<'a> Subject<'a> {
    /// Its code, if the layer has codes.
    pub(super) fn code(&self) -> Option<&'a str> {
        self.draft.properties.get(&self.layer.code.as_ref()?.property)?.as_str()
    }

    /// Another feature of the layer, as it may be named.
    fn named(&self, other: &Item) -> (String, String) {
        match self.sight {
            Some(sight) if !sight.layer(self.at).shows(other.village) => {
                ("另一要素（无权查看）".to_owned(), "another feature (not yours to see)".to_owned())
            }
            _ => (format!("要素 {}", other.id), format!("feature {}", other.id)),
        }
    }

    fn has_moved(&self) -> bool {
        self.before.is_none_or(|before| before.content.geometry != self.draft.geometry)
    }

    fn has_new(&self, property: &str) -> bool {
        self.before.is_none_or(|before| before.content.properties.get(property) != self.draft.properties.get(property))
    }
}

/// Corners of a feature at the most: whether a ring crosses itself takes time that grows with their square.
pub(super) const MOST_CORNERS: usize = 20_000;

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
            Fault::new(pointer, "property.invalid", fault.message.zh, fault.message.en)
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
    let corners = draft.geometry.as_geo().coords_count();
    if corners > MOST_CORNERS {
        let zh = format!("几何有 {corners} 个角点，最多 {MOST_CORNERS} 个；请简化或拆分。");
        let en = format!("the geometry has {corners} corners, of at most {MOST_CORNERS}; simplify or divide it");
        return Some(Fault::new("/geometry", "geometry.too_detailed", zh, en));
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
    if subject.own == Some(other.id) {
        return None;
    }
    let pointer = format!("/properties/{}", rule.property);
    let (zh, en) = subject.named(&other);
    let zh = format!("编码 {code} 已属于{zh}。");
    let en = format!("the code {code} is that of {en} already");
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
        warnings.extend(loose_end(subject));
        warnings.extend(overlap(subject));
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
    let (distance_m, other) = subject.map.near(subject.at, at, apart_m, subject.own)?;
    let (zh, en) = subject.named(&other);
    let zh = format!("距{zh} 仅 {distance_m:.1} 米；是否重复？");
    let en = format!("{en} is only {distance_m:.1} m away; is this one a duplicate?");
    Some(Fault::new("/geometry", "feature.too_near", zh, en))
}

/// An end of a line that is at no feature that lines are to end at.
fn loose_end(subject: &Subject<'_>) -> Option<Fault> {
    use geo_types::Geometry as G;
    let rule = subject.layer.edits.ends_on.as_ref()?;
    let layer = subject.map.catalogue().position(&rule.layer)?;
    let course = match subject.draft.geometry.as_geo() {
        G::LineString(line) => vec![line.0.first()?, line.0.last()?],
        G::MultiLineString(lines) => vec![lines.0.first()?.0.first()?, lines.0.last()?.0.last()?],
        _ => return None,
    };
    let is_loose = |at: &&geo_types::Coord<f64>| {
        LonLat::new(at.x, at.y).is_ok_and(|at| subject.map.near(layer, at, rule.within_m, None).is_none())
    };
    // Where the ends of others are not seen, it is not told whether one is there.
    let is_seen = |at: &&geo_types::Coord<f64>| {
        let village = || LonLat::new(at.x, at.y).ok().and_then(|at| subject.map.village_at(at));
        subject.sight.is_none_or(|sight| sight.layer(layer).shows(village()))
    };
    let at = course.into_iter().filter(is_seen).find(is_loose)?;
    let title = &subject.map.catalogue().layers[layer].title;
    let zh = format!("端点 {:.6},{:.6} 的 {} 米之内没有{}。", at.x, at.y, rule.within_m, title.zh);
    let en = format!("the end {:.6},{:.6} has none of `{}` within {} m", at.x, at.y, rule.layer, rule.within_m);
    Some(Fault::new("/geometry", "line.loose_end", zh, en))
}

/// Another area of the layer that this one lies over by more than a square metre.
fn overlap(subject: &Subject<'_>) -> Option<Fault> {
    const LEAST_M2: f64 = 1.0;
    if !subject.layer.edits.no_overlap {
        return None;
    }
    let own = areas(subject.draft.geometry.as_geo())?;
    let around = subject.draft.geometry.bbox();
    let others = subject.map.layer(subject.at).in_box(around).filter(|item| Some(item.id) != subject.own);
    for other in others {
        let Some(theirs) = areas(&other.geo()) else { continue };
        // Neighbours that only touch have no area in common.
        let Ok(common) = Geometry::new(own.intersection(&theirs).into()) else { continue };
        let over_m2 = area_m2(&common);
        if over_m2 > LEAST_M2 {
            let (zh, en) = subject.named(other);
            let zh = format!("与{zh} 重叠 {over_m2:.0} 平方米。");
            let en = format!("it lies over {en} by {over_m2:.0} m²");
            return Some(Fault::new("/geometry", "area.overlap", zh, en));
        }
    }
    None
}

fn areas(geometry: &geo_types::Geometry<f64>) -> Option<geo_types::MultiPolygon<f64>> {
    match geometry {
        geo_types::Geometry::Polygon(polygon) => Some(polygon.clone().into()),
        geo_types::Geometry::MultiPolygon(polygons) => Some(polygons.clone()),
        _ => None,
    }
}

/// A day that is too long ago; none of a layer that asks for no freshness.
pub(super) fn stale(subject: &Subject<'_>, today: jiff::civil::Date) -> Option<Fault> {
    let rule = subject.layer.edits.fresh.as_ref()?;
    let day: jiff::civil::Date = subject.draft.properties.get(&rule.property)?.as_str()?.parse().ok()?;
    let days = today.since(day).ok()?.get_days();
    (i64::from(days) > i64::from(rule.days)).then(|| {
        let zh = format!("{day} 距今 {days} 天，超过 {} 天。", rule.days);
        let en = format!("{day} is {days} days ago, more than {}", rule.days);
        Fault::new(format!("/properties/{}", rule.property), "value.stale", zh, en)
    })
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
