//! Rows of either database to domain values and back: geometry as WKB, properties as JSON text.

use std::collections::HashMap;

use geo_traits::to_geo::ToGeoGeometry;
use wkb::Endianness;
use wkb::writer::WriteOptions;

use crate::domain::{
    Applied, Change, ChangeCount, ChangeKind, Commit, CommitSummary, Draft, Feature, FeatureId, Geometry, Intake,
    LayerId, LonLat, Properties, Revision, Version,
};

/// `id, layer, village, version, revision, geometry, properties`
pub(super) type FeatureRow = (i64, String, Option<String>, i64, i64, Vec<u8>, String);

/// `revision, at, actor, reason, intakes`
pub(super) type ChangeSetRow = (i64, String, String, String, Option<String>);

/// `revision, feature_id, version, layer, kind, village, geometry, properties`
pub(super) type ChangeRow = (i64, i64, i64, String, String, Option<String>, Option<Vec<u8>>, Option<String>);

/// `revision, layer, kind, village before, village after, how many`
pub(super) type CountedRow = (i64, String, String, Option<String>, Option<String>, i64);

/// `revision, digest of the operation`
pub(super) type AppliedRow = (i64, Option<i64>);

/// What goes wrong below a store method, before the store says where.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// The driver failed.
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
    /// A row holds what no Platbook writes.
    #[error("{0}")]
    Content(String),
    /// A geometry that cannot be written.
    #[error("the geometry cannot be written as WKB")]
    Geometry(#[source] wkb::error::WkbError),
    /// Values that cannot be written.
    #[error("the properties cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    /// A change set that names a feature twice.
    #[error("feature {0} stands in two edits of one change set; each feature may stand in one")]
    Twice(FeatureId),
}

/// The content of a feature as it is stored.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    /// Its layer.
    pub(super) layer: String,
    /// Its village.
    pub(super) village: Option<String>,
    /// WKB, little-endian.
    pub(super) geometry: Vec<u8>,
    /// JSON object.
    pub(super) properties: String,
}

/// A draft as it is stored.
pub(super) fn stored(draft: &Draft) -> Result<Stored, Fault> {
    let geometry = draft.geometry.as_geo();
    let mut bytes = Vec::with_capacity(wkb::writer::geometry_wkb_size(geometry));
    let options = WriteOptions { endianness: Endianness::LittleEndian };
    wkb::writer::write_geometry(&mut bytes, geometry, &options).map_err(Fault::Geometry)?;
    Ok(Stored {
        layer: draft.layer.to_string(),
        village: draft.village.map(|code| code.to_string()),
        geometry: bytes,
        properties: serde_json::to_string(&draft.properties)?,
    })
}

/// The change set's row without changes.
pub(super) fn commit(row: ChangeSetRow) -> Result<Commit, Fault> {
    let (revision, at, actor, reason, intakes) = row;
    let place = || format!("revision {revision}");
    Ok(Commit {
        revision: Revision(natural(revision)?),
        at: at.parse().map_err(|error| broken(&place(), &error))?,
        actor,
        reason,
        changes: Vec::new(),
        intakes: intakes.as_deref().map(self::intakes).transpose()?.unwrap_or_default(),
    })
}

/// The deliveries of a change set.
pub(super) fn intakes(text: &str) -> Result<Vec<Intake>, Fault> {
    serde_json::from_str(text).map_err(|error| broken("the intakes of a change set", &error))
}

/// A change, with the revision it belongs to.
pub(super) fn change(row: ChangeRow) -> Result<(Revision, Change), Fault> {
    let (revision, id, version, layer, kind, village, geometry, properties) = row;
    let place = || format!("version {version} of feature {id}");
    let kind = self::kind(&kind).map_err(|detail| broken(&place(), &detail))?;
    let after = match (geometry, properties) {
        (None, None) if kind == ChangeKind::Deleted => None,
        (Some(geometry), Some(properties)) if kind != ChangeKind::Deleted => {
            Some(feature((id, layer.clone(), village, version, revision, geometry, properties))?)
        }
        _ => return Err(broken(&place(), &"a change whose content does not fit its kind")),
    };
    let layer: LayerId = layer.parse().map_err(|error| broken(&place(), &error))?;
    let change = Change { feature: feature_id(id)?, layer, kind, version: self::version(version)?, after };
    Ok((Revision(natural(revision)?), change))
}

/// Features as they were at a revision, from the changes that made them so.
pub(super) fn states(changes: Vec<ChangeRow>) -> Result<Vec<Feature>, Fault> {
    changes.into_iter().filter_map(|row| change(row).map(|(_, change)| change.after).transpose()).collect()
}

/// Whether a change set was written at or before a time.
pub(super) fn is_by(at: Option<&str>, time: jiff::Timestamp) -> Result<bool, Fault> {
    let at: jiff::Timestamp = at
        .ok_or_else(|| Fault::Content("the log has a gap".to_owned()))?
        .parse()
        .map_err(|error| broken("the time of a change set", &error))?;
    Ok(at <= time)
}

/// Version and layer by feature.
pub(super) fn versions(rows: Vec<(i64, i64, String)>) -> Result<HashMap<FeatureId, (Version, String)>, Fault> {
    rows.into_iter().map(|(id, version, layer)| Ok((feature_id(id)?, (self::version(version)?, layer)))).collect()
}

/// Features with their layers.
pub(super) fn touched(rows: Vec<(i64, String)>) -> Result<Vec<(FeatureId, LayerId)>, Fault> {
    rows.into_iter()
        .map(|(id, layer)| Ok((feature_id(id)?, layer.parse().map_err(|error| broken("a change", &error))?)))
        .collect()
}

/// Change sets with the counts of their changes.
pub(super) fn summaries(sets: Vec<ChangeSetRow>, counted: Vec<CountedRow>) -> Result<Vec<CommitSummary>, Fault> {
    let mut summaries = Vec::with_capacity(sets.len());
    let mut counted = counted.into_iter().peekable();
    for set in sets {
        let number = set.0;
        let Commit { revision, actor, reason, at, .. } = commit(set)?;
        let mut counts = Vec::new();
        while let Some((_, layer, kind, before, after, count)) = counted.next_if(|(of, ..)| *of == number) {
            let place = format!("revision {number}");
            let village = |code: Option<String>| code.map(|code| code.parse()).transpose();
            counts.push(ChangeCount {
                layer: layer.parse().map_err(|error| broken(&place, &error))?,
                kind: self::kind(&kind).map_err(|detail| broken(&place, &detail))?,
                before: village(before).map_err(|error| broken(&place, &error))?,
                after: village(after).map_err(|error| broken(&place, &error))?,
                count: natural(count)?,
            });
        }
        summaries.push(CommitSummary { revision, actor, reason, at, counts });
    }
    Ok(summaries)
}

/// What an operation became.
pub(super) fn applied((revision, digest): AppliedRow) -> Result<Applied, Fault> {
    Ok(Applied { revision: Revision(natural(revision)?), digest: digest.map(i64::cast_unsigned) })
}

fn kind(word: &str) -> Result<ChangeKind, String> {
    word.parse().map_err(|()| format!("a change of kind `{word}`"))
}

/// Puts changes, in log order, into the commits they belong to.
pub(super) fn assemble(sets: Vec<ChangeSetRow>, changes: Vec<ChangeRow>) -> Result<Vec<Commit>, Fault> {
    let mut commits = sets.into_iter().map(commit).collect::<Result<Vec<_>, _>>()?;
    let mut at = 0;
    for row in changes {
        let (revision, change) = change(row)?;
        while commits.get(at).is_some_and(|commit| commit.revision < revision) {
            at += 1;
        }
        let commit = commits.get_mut(at).filter(|commit| commit.revision == revision);
        let commit =
            commit.ok_or_else(|| Fault::Content(format!("revision {revision} has changes but no change set")))?;
        commit.changes.push(change);
    }
    Ok(commits)
}

/// A feature's changes, each with its commit, which holds just that change.
pub(super) fn history(sets: Vec<ChangeSetRow>, changes: Vec<ChangeRow>) -> Result<Vec<(Commit, Change)>, Fault> {
    let commits = assemble(sets, changes)?;
    Ok(commits.into_iter().filter_map(|commit| Some((commit.clone(), commit.changes.into_iter().next()?))).collect())
}

/// The short values of a feature's row.
pub(super) struct Head<'a> {
    /// Its number.
    pub(super) id: i64,
    /// Its layer.
    pub(super) layer: &'a str,
    /// Its village.
    pub(super) village: Option<&'a str>,
    /// Its version.
    pub(super) version: i64,
    /// What wrote this version.
    pub(super) revision: i64,
}

/// A feature.
pub(super) fn feature(row: FeatureRow) -> Result<Feature, Fault> {
    let (id, layer, village, version, revision, geometry, properties) = row;
    let properties = serde_json::from_str(&properties).map_err(|error| broken(&format!("feature {id}"), &error))?;
    feature_of(&Head { id, layer: &layer, village: village.as_deref(), version, revision }, &geometry, properties)
}

/// A feature from its parts; the geometry is WKB.
pub(super) fn feature_of(head: &Head<'_>, geometry: &[u8], properties: Properties) -> Result<Feature, Fault> {
    let place = || format!("feature {}", head.id);
    Ok(Feature {
        id: feature_id(head.id)?,
        version: version(head.version)?,
        revision: Revision(natural(head.revision)?),
        content: Draft {
            layer: head.layer.parse().map_err(|error| broken(&place(), &error))?,
            geometry: self::geometry(geometry).map_err(|detail| broken(&place(), &detail))?,
            properties,
            village: match head.village {
                Some(code) => Some(code.parse().map_err(|error| broken(&place(), &error))?),
                None => None,
            },
        },
    })
}

/// A feature's number.
pub(super) fn feature_id(number: i64) -> Result<FeatureId, Fault> {
    FeatureId::try_from(natural(number)?).map_err(|error| broken("a row", &error))
}

/// A number that is never negative.
pub(super) fn natural(number: i64) -> Result<u64, Fault> {
    u64::try_from(number).map_err(|_| Fault::Content(format!("the number {number} where none below 0 can stand")))
}

/// A version number.
pub(super) fn version(number: i64) -> Result<Version, Fault> {
    let number = u32::try_from(number);
    number.map(Version).map_err(|_| Fault::Content("a version out of range".to_owned()))
}

fn geometry(bytes: &[u8]) -> Result<Geometry, String> {
    // Nearly all features are points; a point is one mark, one type number and two numbers.
    if let [1, 1, 0, 0, 0, x0, x1, x2, x3, x4, x5, x6, x7, y0, y1, y2, y3, y4, y5, y6, y7] = *bytes {
        let lon = f64::from_le_bytes([x0, x1, x2, x3, x4, x5, x6, x7]);
        let lat = f64::from_le_bytes([y0, y1, y2, y3, y4, y5, y6, y7]);
        return LonLat::new(lon, lat).map(Geometry::point).map_err(|error| error.to_string());
    }
    let read = wkb::reader::read_wkb(bytes).map_err(|error| error.to_string())?;
    let geometry = read.try_to_geometry().ok_or("an empty geometry")?;
    Geometry::new(geometry).map_err(|error| error.to_string())
}

fn broken(place: &str, detail: &dyn std::fmt::Display) -> Fault {
    Fault::Content(format!("{place}: {detail}"))
}
