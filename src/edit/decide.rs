//! The one decision point: commands and the map in, edits or refusals out.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::check::{self, Subject};
use super::coding::next_code;
use super::{Base, Fault, Line, Operation, assign_village};
use crate::auth::{Actor, Denied, Target, may};
use crate::catalog::schema::Validator;
use crate::catalog::{Catalogue, Layer, PropertyType};
use crate::domain::{Action, DivisionCode, Draft, Edit, Feature, FeatureId, Geometry, Properties, Sight, Version};
use crate::index::Snapshot;

/// What edits are held against: the catalogue, its schemas compiled.
pub struct Rules {
    catalogue: Arc<Catalogue>,
    validators: Vec<Validator>,
}

impl Rules {
    /// The rules of a catalogue.
    pub fn of(catalogue: &Arc<Catalogue>) -> Result<Self, String> {
        let validators = catalogue.layers.iter().map(Validator::of).collect::<Result<_, _>>()?;
        Ok(Self { catalogue: Arc::clone(catalogue), validators })
    }

    /// The catalogue.
    pub(super) fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// The validator of a layer's properties.
    pub(super) fn validator(&self, layer: usize) -> &Validator {
        &self.validators[layer]
    }
}

/// What is decided of one line: the edit it comes to (none: nothing would change), and what is worth a
/// look about it; or why not.
pub type Verdict = Result<(Option<Edit>, Vec<Fault>), Refusal>;

/// Why an edit is refused.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    /// The actor may not.
    Denied(Denied),
    /// The layer has no such feature, or the actor may not see it.
    Missing(FeatureId),
    /// The layer asks for the version an edit was made from.
    BaseNeeded,
    /// The version an edit was made from is no longer current.
    Stale {
        /// The version the writer saw.
        base: Version,
        /// The feature as it stands.
        current: Box<Feature>,
    },
    /// The feature would break rules.
    Faulty(Vec<Fault>),
    /// Another line of the same command is about the same feature, or makes one of the same code.
    Twice {
        /// The number of that line, from 0.
        line: usize,
    },
}

/// Decides about lines, one verdict each in order; each by itself but for what two lines of one command may not do together.
/// `standing` holds the features that the lines are about, as they stand.
pub fn decide(
    rules: &Rules,
    map: &Snapshot,
    standing: &BTreeMap<FeatureId, Feature>,
    actor: &Actor,
    lines: &[Line],
) -> Vec<Verdict> {
    let sight = Sight::of(&rules.catalogue, actor);
    let mut desk = Desk { rules, map, standing, actor, sight, touched: BTreeMap::new(), codes: BTreeMap::new() };
    lines.iter().enumerate().map(|(number, line)| desk.judge(number, line)).collect()
}

/// Up to here a float holds every whole number (2^53).
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Where one command is judged.
struct Desk<'a> {
    rules: &'a Rules,
    map: &'a Snapshot,
    standing: &'a BTreeMap<FeatureId, Feature>,
    actor: &'a Actor,
    /// What the actor may see.
    sight: Sight,
    /// The lines that touched features so far.
    touched: BTreeMap<FeatureId, usize>,
    /// The lines that gave codes so far, by layer and code.
    codes: BTreeMap<(usize, String), usize>,
}

impl<'a> Desk<'a> {
    fn judge(&mut self, number: usize, line: &Line) -> Verdict {
        let rules: &'a Rules = self.rules;
        let layer = &rules.catalogue.layers[line.layer];
        let Some(id) = line.operation.feature() else {
            let Operation::Create { geometry, properties } = &line.operation else { return Ok((None, Vec::new())) };
            let mut draft = self.drafted(layer, geometry.clone(), properties.clone());
            self.allow(Action::Create, layer, draft.village)?;
            let is_given = |code: &str| self.codes.contains_key(&(line.layer, code.to_owned()));
            if let Some((property, code)) = next_code(self.map, line.layer, &draft, is_given) {
                draft.properties.insert(property, code.into());
            }
            let warnings = self.checked(number, line.layer, None, &draft)?;
            return Ok((Some(Edit::Create(draft)), warnings));
        };
        let current = self.found(layer, id)?;
        if let Some(line) = self.touched.insert(id, number) {
            return Err(Refusal::Twice { line });
        }
        let action = if matches!(line.operation, Operation::Delete { .. }) { Action::Delete } else { Action::Update };
        self.allow(action, layer, current.content.village)?;
        let base = current_base(layer, line.operation.base(), current)?;
        let (geometry, properties) = match &line.operation {
            Operation::Replace { geometry, properties, .. } => (geometry.clone(), properties.clone()),
            Operation::Patch { patch, .. } => patch.apply(&current.content.geometry, &current.content.properties),
            _ => return Ok((Some(Edit::Delete { id, base }), Vec::new())),
        };
        let standing = &current.content.geometry;
        let geometry = if geometry.is_same_place(standing) { standing.clone() } else { geometry };
        let draft = self.drafted(layer, geometry, properties);
        let is_same = draft.geometry == current.content.geometry && draft.properties == current.content.properties;
        // Whether it would change something is not told of a count that is hidden.
        if is_same && !self.hides(id, current) {
            return Ok((None, Vec::new()));
        }
        self.allow(action, layer, draft.village)?;
        let warnings = self.checked(number, line.layer, Some(current), &draft)?;
        Ok((Some(Edit::Update { id, base, draft }), warnings))
    }

    /// The feature as it stands. What the actor may not see is not said to be there.
    fn found(&self, layer: &Layer, id: FeatureId) -> Result<&'a Feature, Refusal> {
        let standing: &'a BTreeMap<FeatureId, Feature> = self.standing;
        let current = standing.get(&id).filter(|feature| feature.content.layer == layer.id);
        let current = current.ok_or(Refusal::Missing(id))?;
        match self.ask(Action::Read, layer, current.content.village) {
            Ok(()) => Ok(current),
            Err(_) => Err(Refusal::Missing(id)),
        }
    }

    /// Whether the map holds back a value that the feature has.
    fn hides(&self, id: FeatureId, current: &Feature) -> bool {
        let shown = self.map.feature(id);
        shown.is_some_and(|(_, item)| current.content.properties.keys().any(|name| item.property(name).is_none()))
    }

    fn ask(&self, action: Action, layer: &Layer, division: Option<DivisionCode>) -> Result<(), Denied> {
        may(&self.rules.catalogue.roles, self.actor, action, &Target::feature(layer, division))
    }

    fn allow(&self, action: Action, layer: &Layer, division: Option<DivisionCode>) -> Result<(), Refusal> {
        self.ask(action, layer, division).map_err(Refusal::Denied)
    }

    fn drafted(&self, layer: &Layer, geometry: Geometry, mut properties: Properties) -> Draft {
        properties.retain(|_, value| !value.is_null());
        for (name, value) in &mut properties {
            let is_whole = layer.properties.get(name).is_some_and(|property| property.kind == PropertyType::Integer);
            // 1.0 is written as 1, so that the two are one value.
            if is_whole
                && let Some(number) = value.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < EXACT)
            {
                *value = (number as i64).into();
            }
        }
        let mut draft = Draft { layer: layer.id.clone(), geometry, properties, village: None };
        draft.village = assign_village(self.map, &draft);
        draft
    }

    /// Holds a draft against every rule; what is only worth a look comes back.
    fn checked(
        &mut self,
        number: usize,
        layer: usize,
        before: Option<&Feature>,
        draft: &Draft,
    ) -> Result<Vec<Fault>, Refusal> {
        let subject = Subject {
            map: self.map,
            at: layer,
            layer: &self.rules.catalogue.layers[layer],
            before,
            draft,
            own: before.map(|before| before.id),
            sight: Some(&self.sight),
        };
        let faults = check::faults(&subject, self.rules.validator(layer));
        if !faults.is_empty() {
            return Err(Refusal::Faulty(faults));
        }
        if let Some(code) = subject.code()
            && let Some(line) = self.codes.insert((layer, code.to_owned()), number)
        {
            return Err(Refusal::Twice { line });
        }
        Ok(check::warnings(&subject))
    }
}

/// The version to write upon.
fn current_base(layer: &Layer, base: Base, current: &Feature) -> Result<Version, Refusal> {
    match base {
        Base::Version(base) if base == current.version => Ok(base),
        Base::Version(base) => Err(Refusal::Stale { base, current: Box::new(current.clone()) }),
        Base::Current if layer.edits.base_required => Err(Refusal::BaseNeeded),
        Base::Current => Ok(current.version),
    }
}
