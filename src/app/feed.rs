//! What each revision did, told to whoever listens: made once, however many listen.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use moka::future::Cache;
use tokio::sync::watch;

use super::App;
use super::told::ToldKey;
use crate::domain::{Bbox, ChangeKind, Commit, DivisionCode, Feature, FeatureId, LayerId, Revision, Version};
use crate::index::Snapshot;
use crate::store::StoreError;
use crate::tiles::{Cover, cover};

/// Revisions whose notices are kept.
const MOST: u64 = 512;

/// Changes that a notice tells one by one at the most; tiles tell of all.
const CHANGES: usize = 1_000;

/// Tiles listed for a layer at the most.
pub const TILES: usize = 2_000;

/// What a revision did.
#[derive(Debug)]
pub struct Notice {
    /// Which revision.
    pub revision: Revision,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// Its changes, at most so many.
    pub changes: Vec<Noticed>,
    /// Whether these are all.
    pub is_complete: bool,
    /// The tiles that changed, by layer.
    pub tiles: BTreeMap<LayerId, Cover>,
}

/// One change.
#[derive(Debug)]
pub struct Noticed {
    /// Which feature.
    pub feature: FeatureId,
    /// Its layer.
    pub layer: LayerId,
    /// What happened.
    pub kind: ChangeKind,
    /// The version this made.
    pub version: Version,
    /// Where it was: its village and its box; none of what is new.
    pub before: Option<(Option<DivisionCode>, Bbox)>,
    /// Where it is; none of what is gone.
    pub after: Option<(Option<DivisionCode>, Bbox)>,
}

/// The features of a revision, before and after it.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) before: BTreeMap<FeatureId, Feature>,
    pub(super) after: BTreeMap<FeatureId, Feature>,
}

/// Features kept for listeners with a filter, over all revisions.
const FEATURES: u64 = 50_000;

/// Notices, as long as they are likely to be asked for.
pub(super) struct Feed {
    notices: Cache<Revision, Arc<Notice>>,
    contents: Cache<Revision, Arc<Contents>>,
    /// What listeners were told of them.
    pub(super) told: Cache<ToldKey, Option<Arc<str>>>,
}

impl Feed {
    pub(super) fn new() -> Self {
        let weight = |_: &Revision, contents: &Arc<Contents>| (contents.before.len() + contents.after.len() + 1) as u32;
        let contents = Cache::builder().max_capacity(FEATURES).weigher(weight).build();
        Self { notices: Cache::new(MOST), contents, told: Cache::new(MOST) }
    }
}

impl App {
    /// What a revision did; none when the log has none of this number.
    pub async fn notice(&self, revision: Revision) -> Result<Option<Arc<Notice>>, Arc<StoreError>> {
        if revision == Revision::ZERO || revision > self.revision() {
            return Ok(None);
        }
        self.feed.notices.try_get_with(revision, self.make_notice(revision)).await.map(Some)
    }

    /// The newest revision shown, now and soon after it grows.
    pub fn revisions(&self) -> watch::Receiver<Revision> {
        self.crier.subscribe()
    }

    /// The features of a revision that is shown.
    pub(super) async fn contents(&self, revision: Revision) -> Result<Arc<Contents>, Arc<StoreError>> {
        let reading = async {
            let (commit, before) = self.read_commit(revision).await?;
            let after = commit.changes.into_iter().filter_map(|change| change.after);
            let after = after.map(|feature| (feature.id, feature)).collect();
            Ok::<_, StoreError>(Arc::new(Contents { before, after }))
        };
        self.feed.contents.try_get_with(revision, reading).await
    }

    async fn read_commit(&self, revision: Revision) -> Result<(Commit, BTreeMap<FeatureId, Feature>), StoreError> {
        let missing = || StoreError::Driver { doing: "reading a revision", source: "it is not there".into() };
        let commit = self.commit_at(revision).await?.ok_or_else(missing)?;
        let ids: Vec<FeatureId> = commit.changes.iter().map(|change| change.feature).collect();
        let before = self.store.states(&ids, Revision(revision.0 - 1)).await?;
        Ok((commit, before.into_iter().map(|one| (one.id, one)).collect()))
    }

    async fn make_notice(&self, revision: Revision) -> Result<Arc<Notice>, StoreError> {
        let (commit, before) = self.read_commit(revision).await?;
        let map = self.snapshot();
        let making = move || {
            let place = |feature: &Feature| (feature.content.village, feature.content.geometry.bbox());
            let changes: Vec<Noticed> = commit
                .changes
                .iter()
                .map(|change| Noticed {
                    feature: change.feature,
                    layer: change.layer.clone(),
                    kind: change.kind,
                    version: change.version,
                    before: before.get(&change.feature).map(place),
                    after: change.after.as_ref().map(place),
                })
                .collect();
            notice(&map, commit.revision, commit.at, (commit.actor, commit.reason), changes)
        };
        let made = tokio::task::spawn_blocking(making).await;
        made.map(Arc::new).map_err(|error| StoreError::Driver { doing: "telling a revision", source: Box::new(error) })
    }
}

fn notice(
    map: &Snapshot,
    revision: Revision,
    at: Timestamp,
    (actor, reason): (String, String),
    mut changes: Vec<Noticed>,
) -> Notice {
    let mut boxes: BTreeMap<LayerId, Vec<Bbox>> = BTreeMap::new();
    for change in &changes {
        let of_layer = boxes.entry(change.layer.clone()).or_default();
        of_layer.extend(change.before.iter().chain(&change.after).map(|(_, bbox)| *bbox));
    }
    let tiles = boxes.into_iter().filter_map(|(layer, boxes)| tiles_of(map, layer, boxes)).collect();
    let is_complete = changes.len() <= CHANGES;
    changes.truncate(CHANGES);
    Notice { revision, at, actor, reason, changes, is_complete, tiles }
}

/// The tiles that show any of some boxes of a layer. Where areas share borders, an edit may change the
/// outline of its neighbours too.
fn tiles_of(map: &Snapshot, id: LayerId, mut boxes: Vec<Bbox>) -> Option<(LayerId, Cover)> {
    let at = map.catalogue().position(&id)?;
    let layer = &map.catalogue().layers[at];
    if layer.shared_borders {
        let neighbours = boxes.iter().flat_map(|bbox| map.layer(at).in_box(*bbox)).map(|item| item.bbox());
        let neighbours: Vec<Bbox> = neighbours.collect();
        boxes.extend(neighbours);
    }
    Some((id, cover(&boxes, layer.zoom.min, layer.zoom.max, TILES)))
}
