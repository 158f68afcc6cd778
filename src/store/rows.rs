//! Between domain values and rows, the same for both databases.

use geo_traits::to_geo::ToGeoGeometry;

use super::StoreError;
use crate::domain::{
    Change, ChangeKind, ChangeSet, DivisionCode, Draft, Edit, Feature, FeatureId, Geometry, LonLat, Revision, Version,
};

/// A row of the table `change`, and of `feature` where it creates or updates.
pub(super) struct ChangeRow {
    pub feature_id: i64,
    pub version: i64,
    pub layer: String,
    pub kind: ChangeKind,
    pub village: Option<i64>,
    /// WKB; none when deleted.
    pub geometry: Option<Vec<u8>>,
    /// JSON; none when deleted.
    pub properties: Option<String>,
}

/// What a row holds cannot be read back.
#[derive(Debug, thiserror::Error)]
#[error("row of feature {feature}: {detail}")]
struct UnreadableRow {
    feature: i64,
    detail: String,
}

/// The rows of a change set: ids are given from `next_id` on, and each edit is held against the
/// feature as it stands.
pub(super) fn plan(
    change_set: &ChangeSet,
    next_id: i64,
    mut current: impl FnMut(FeatureId) -> Option<Feature>,
) -> Result<Vec<ChangeRow>, StoreError> {
    let mut next_id = next_id;
    let mut rows = Vec::with_capacity(change_set.edits.len());
    for edit in &change_set.edits {
        let row = match edit {
            Edit::Create(draft) => {
                next_id += 1;
                row_of(next_id - 1, Version::FIRST, ChangeKind::Created, draft)?
            }
            Edit::Update { id, base, draft } => {
                let standing = standing_at(*id, *base, &mut current)?;
                row_of(id.get() as i64, standing.version.next(), ChangeKind::Updated, draft)?
            }
            Edit::Delete { id, base } => {
                let standing = standing_at(*id, *base, &mut current)?;
                ChangeRow {
                    feature_id: id.get() as i64,
                    version: i64::from(standing.version.next().0),
                    layer: standing.content.layer.to_string(),
                    kind: ChangeKind::Deleted,
                    village: None,
                    geometry: None,
                    properties: None,
                }
            }
        };
        rows.push(row);
    }
    Ok(rows)
}

/// How many ids a change set needs.
pub(super) fn creations(change_set: &ChangeSet) -> i64 {
    change_set.edits.iter().filter(|edit| matches!(edit, Edit::Create(_))).count() as i64
}

/// The features that a change set updates or deletes.
pub(super) fn touched(change_set: &ChangeSet) -> Vec<FeatureId> {
    let id_of = |edit: &Edit| match edit {
        Edit::Create(_) => None,
        Edit::Update { id, .. } | Edit::Delete { id, .. } => Some(*id),
    };
    change_set.edits.iter().filter_map(id_of).collect()
}

fn standing_at(
    feature: FeatureId,
    base: Version,
    current: &mut impl FnMut(FeatureId) -> Option<Feature>,
) -> Result<Feature, StoreError> {
    match current(feature) {
        Some(standing) if standing.version == base => Ok(standing),
        other => Err(StoreError::Conflict { feature, base, current: other.map(Box::new) }),
    }
}

fn row_of(id: i64, version: Version, kind: ChangeKind, draft: &Draft) -> Result<ChangeRow, StoreError> {
    Ok(ChangeRow {
        feature_id: id,
        version: i64::from(version.0),
        layer: draft.layer.to_string(),
        kind,
        village: draft.village.map(|code| code.number() as i64),
        geometry: Some(write_wkb(&draft.geometry)?),
        properties: Some(serde_json::to_string(&draft.properties).map_err(|source| StoreError::Driver {
            doing: "writing properties",
            source: Box::new(source),
        })?),
    })
}

fn write_wkb(geometry: &Geometry) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::with_capacity(21);
    wkb::writer::write_geometry(&mut bytes, geometry.as_geo(), &wkb::writer::WriteOptions::default())
        .map_err(|source| StoreError::Driver { doing: "writing a geometry", source: Box::new(source) })?;
    Ok(bytes)
}

fn read_wkb(bytes: &[u8]) -> Result<Geometry, String> {
    // Little-endian points are nine in ten features.
    if let [1, 1, 0, 0, 0, x @ ..] = bytes {
        if let (Some(Ok(x)), Some(Ok(y)), 16) =
            (x.get(..8).map(<[u8; 8]>::try_from), x.get(8..16).map(<[u8; 8]>::try_from), x.len())
        {
            let at = LonLat::new(f64::from_le_bytes(x), f64::from_le_bytes(y)).map_err(|error| error.to_string())?;
            return Ok(Geometry::point(at));
        }
    }
    let geometry = wkb::reader::read_wkb(bytes).map_err(|error| error.to_string())?;
    Geometry::new(geometry.to_geometry()).map_err(|error| error.to_string())
}

/// The columns of a feature as the driver gives them.
pub(super) struct FeatureColumns<'r> {
    pub id: i64,
    pub layer: &'r str,
    pub village: Option<i64>,
    pub version: i64,
    pub revision: i64,
    pub geometry: &'r [u8],
    pub properties: &'r str,
}

impl FeatureColumns<'_> {
    /// The feature, or an error that names it.
    pub(super) fn read(&self) -> Result<Feature, StoreError> {
        self.try_read().map_err(|detail| unreadable(self.id, detail))
    }

    fn try_read(&self) -> Result<Feature, String> {
        let village = match self.village {
            Some(number) => Some(number.to_string().parse::<DivisionCode>().map_err(|error| error.to_string())?),
            None => None,
        };
        Ok(Feature {
            id: feature_id(self.id).map_err(|error| error.to_string())?,
            version: Version(self.version.try_into().map_err(|_| format!("version {}", self.version))?),
            revision: Revision(self.revision as u64),
            content: Draft {
                layer: self.layer.parse().map_err(|error: crate::domain::InvalidId| error.to_string())?,
                geometry: read_wkb(self.geometry)?,
                properties: serde_json::from_str(self.properties).map_err(|error| error.to_string())?,
                village,
            },
        })
    }
}

/// The columns of a change as the driver gives them.
pub(super) struct ChangeColumns<'r> {
    pub feature_id: i64,
    pub version: i64,
    pub revision: i64,
    pub layer: &'r str,
    pub kind: &'r str,
    pub village: Option<i64>,
    pub geometry: Option<&'r [u8]>,
    pub properties: Option<&'r str>,
}

impl ChangeColumns<'_> {
    /// The change, or an error that names its feature.
    pub(super) fn read(&self) -> Result<Change, StoreError> {
        let kind = match self.kind {
            "created" => ChangeKind::Created,
            "updated" => ChangeKind::Updated,
            "deleted" => ChangeKind::Deleted,
            other => return Err(unreadable(self.feature_id, format!("kind `{other}`"))),
        };
        let after = match (self.geometry, self.properties) {
            (Some(geometry), Some(properties)) => Some(
                FeatureColumns {
                    id: self.feature_id,
                    layer: self.layer,
                    village: self.village,
                    version: self.version,
                    revision: self.revision,
                    geometry,
                    properties,
                }
                .read()?,
            ),
            _ => None,
        };
        Ok(Change {
            feature: feature_id(self.feature_id)?,
            layer: self
                .layer
                .parse()
                .map_err(|error: crate::domain::InvalidId| unreadable(self.feature_id, error.to_string()))?,
            kind,
            version: Version(self.version as u32),
            after,
        })
    }
}

/// An id that the store gave.
pub(super) fn feature_id(id: i64) -> Result<FeatureId, StoreError> {
    FeatureId::try_from(id as u64).map_err(|error| unreadable(id, error.to_string()))
}

fn unreadable(feature: i64, detail: String) -> StoreError {
    StoreError::Driver { doing: "reading a row", source: Box::new(UnreadableRow { feature, detail }) }
}
