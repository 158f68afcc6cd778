//! The inverse of a change set.

use std::collections::BTreeMap;

use super::check::{Subject, other_with_code};
use super::{Refusal, Rules};
use crate::auth::{Actor, Denied, Target, may};
use crate::catalog::Catalogue;
use crate::domain::{
    Action, Change, ChangeCount, ChangeKind, Commit, DivisionCode, Draft, Edit, Feature, FeatureId, Sight, Version,
};
use crate::index::Snapshot;

/// Why a change set is not taken back.
#[derive(Debug, Clone, PartialEq)]
pub enum NotUndone {
    /// Features have been changed since, with the version each is at now (none: gone).
    ChangedSince(Vec<(FeatureId, Option<Version>)>),
    /// An edit that would take it back is refused.
    Refused(Refusal),
}

/// The edits that take a commit back: `before` are its features as they stood before it, `now` as they
/// stand now. Nothing is taken back when anything of it has been changed since, when the actor may not
/// make one of the edits, or when a code that would come back is another feature's by now.
pub fn undo(
    rules: &Rules,
    map: &Snapshot,
    actor: &Actor,
    commit: &Commit,
    before: &BTreeMap<FeatureId, Feature>,
    now: &BTreeMap<FeatureId, Feature>,
) -> Result<Vec<Edit>, NotUndone> {
    // Who may not touch what it is about is not told what became of it.
    for change in &commit.changes {
        let now = now.get(&change.feature);
        may_touch(rules, actor, change, before.get(&change.feature), now).map_err(NotUndone::Refused)?;
    }
    let version_now = |id: FeatureId| now.get(&id).map(|feature| feature.version);
    let changed: Vec<_> = commit
        .changes
        .iter()
        .filter(|change| version_now(change.feature) != (change.kind != ChangeKind::Deleted).then_some(change.version))
        .map(|change| (change.feature, version_now(change.feature)))
        .collect();
    if !changed.is_empty() {
        return Err(NotUndone::ChangedSince(changed));
    }
    let content = |id| before.get(&id).map(|feature| feature.content.clone());
    let changes = commit.changes.iter();
    let edits: Vec<(&Change, Edit)> =
        changes.filter_map(|change| Some((change, inverse(change, content(change.feature))?))).collect();
    let sight = Sight::of(rules.catalogue(), actor);
    for (change, edit) in &edits {
        let now = now.get(&change.feature);
        allow(rules, actor, change, edit, now).map_err(NotUndone::Refused)?;
        let is_undone_too = |id: FeatureId| commit.changes.iter().any(|change| change.feature == id);
        keep_codes_apart(rules, map, &sight, edit, now, is_undone_too).map_err(NotUndone::Refused)?;
    }
    Ok(edits.into_iter().map(|(_, edit)| edit).collect())
}

/// Whether an actor may take back changes of which only the counts are known; none of the reasons where they see nothing
/// of them. What they do not see is not named.
pub fn may_take_back(catalogue: &Catalogue, actor: &Actor, counts: &[ChangeCount]) -> Result<(), Option<Denied>> {
    let sight = Sight::of(catalogue, actor);
    let mut refusal = None;
    let mut sees_any = counts.is_empty();
    for ChangeCount { layer: id, kind, before, after, .. } in counts {
        let Some(at) = catalogue.position(id) else { continue };
        let layer = &catalogue.layers[at];
        let (action, stood, stands) = match kind {
            ChangeKind::Created => (Action::Delete, None, Some(*after)),
            ChangeKind::Updated => (Action::Update, Some(*before), Some(*after)),
            ChangeKind::Deleted => (Action::Create, Some(*before), None),
        };
        let places = stood.into_iter().chain(stands);
        let is_seen = places.clone().any(|village| sight.layer(at).shows(village));
        sees_any |= is_seen;
        let mut asked = places.map(|village| may(&catalogue.roles, actor, action, &Target::feature(layer, village)));
        if let Some(denied) = asked.find_map(Result::err) {
            refusal.get_or_insert(if is_seen { denied } else { Denied::DivisionNotGranted { action, division: None } });
        }
    }
    match refusal {
        _ if !sees_any => Err(None),
        Some(denied) => Err(Some(denied)),
        None => Ok(()),
    }
}

/// The inverse of one change to a feature that had `draft` before it.
fn inverse(change: &Change, draft: Option<Draft>) -> Option<Edit> {
    let (id, base) = (change.feature, change.version);
    match (change.kind, draft) {
        (ChangeKind::Deleted, Some(draft)) => Some(Edit::Restore { id, base, draft }),
        (_, Some(draft)) => Some(Edit::Update { id, base, draft }),
        // What was not there before is not there again; of a deletion there is always a before.
        (ChangeKind::Deleted, None) => None,
        (_, None) => Some(Edit::Delete { id, base }),
    }
}

/// Asks about where a feature was before the change and where it stands now.
fn may_touch(
    rules: &Rules,
    actor: &Actor,
    change: &Change,
    before: Option<&Feature>,
    now: Option<&Feature>,
) -> Result<(), Refusal> {
    let Some(layer) = rules.catalogue().layer(&change.layer) else { return Err(Refusal::Missing(change.feature)) };
    let action = match change.kind {
        ChangeKind::Created => Action::Delete,
        ChangeKind::Deleted => Action::Create,
        ChangeKind::Updated => Action::Update,
    };
    for feature in before.into_iter().chain(now) {
        let target = Target::feature(layer, feature.content.village);
        may(&rules.catalogue().roles, actor, action, &target).map_err(Refusal::Denied)?;
    }
    Ok(())
}

/// Asks about where the feature is, and about where it goes.
fn allow(rules: &Rules, actor: &Actor, change: &Change, edit: &Edit, now: Option<&Feature>) -> Result<(), Refusal> {
    let Some(layer) = rules.catalogue().layer(&change.layer) else { return Err(Refusal::Missing(change.feature)) };
    let ask = |action, village: Option<DivisionCode>| {
        may(&rules.catalogue().roles, actor, action, &Target::feature(layer, village)).map_err(Refusal::Denied)
    };
    let stands_in = now.and_then(|feature| feature.content.village);
    match edit {
        Edit::Create(draft) | Edit::Restore { draft, .. } => ask(Action::Create, draft.village),
        Edit::Update { draft, .. } => {
            ask(Action::Update, stands_in)?;
            ask(Action::Update, draft.village)
        }
        Edit::Delete { .. } => ask(Action::Delete, stands_in),
    }
}

fn keep_codes_apart(
    rules: &Rules,
    map: &Snapshot,
    sight: &Sight,
    edit: &Edit,
    now: Option<&Feature>,
    is_undone_too: impl Fn(FeatureId) -> bool,
) -> Result<(), Refusal> {
    let (Edit::Restore { draft, .. } | Edit::Update { draft, .. }) = edit else { return Ok(()) };
    let Some(at) = rules.catalogue().position(&draft.layer) else { return Ok(()) };
    let layer = &rules.catalogue().layers[at];
    let subject = Subject { map, at, layer, before: now, draft, own: now.map(|now| now.id), sight: Some(sight) };
    match other_with_code(&subject) {
        Some((fault, other)) if !is_undone_too(other) => Err(Refusal::Faulty(vec![fault])),
        _ => Ok(()),
    }
}
