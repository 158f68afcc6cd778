//! Features from outside, merged into the map by their codes: what is new is created, what differs
//! updated, the rest left alone, so that a source merged twice changes nothing the second time.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use crate::catalog::schema::Validator;
use crate::catalog::{Catalogue, Layer, SYNTHETIC};
use crate::domain::{Bbox, Draft, Edit, GeometryKind, LayerId};
use crate::index::{Item, Snapshot};

/// What became of the features of a source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Not on the map before.
    pub created: u64,
    /// On the map with other content.
    pub updated: u64,
    /// On the map just so.
    pub unchanged: u64,
    /// Features that are not written, by what stood against it.
    pub refused: BTreeMap<String, u64>,
    /// Values left out of features, by layer and property: how often, and the first fault found.
    pub dropped: BTreeMap<String, (u64, String)>,
}

/// A merge of one source.
pub struct Merge {
    gates: BTreeMap<LayerId, Gate>,
    /// Digests of layer and code of all that came, 16 bytes a feature.
    seen: HashSet<u128>,
    /// What became of it so far.
    pub tally: Tally,
}

/// What a layer lets in.
struct Gate {
    position: usize,
    layer: Layer,
    validator: Validator,
}

impl Merge {
    /// A merge into the layers of a catalogue.
    pub fn new(catalogue: &Catalogue) -> Result<Self, String> {
        let gate = |(position, layer): (usize, &Layer)| {
            let gate = Gate { position, layer: layer.clone(), validator: Validator::of(layer)? };
            Ok((layer.id.clone(), gate))
        };
        let gates = catalogue.layers.iter().enumerate().map(gate).collect::<Result<_, String>>()?;
        Ok(Self { gates, seen: HashSet::new(), tally: Tally::default() })
    }

    /// What a feature asks of the map; nothing when it stands there already, or may not.
    pub fn edit(&mut self, snapshot: &Snapshot, mut draft: Draft) -> Option<Edit> {
        let (position, code) = match self.admit(&mut draft) {
            Ok(admitted) => admitted,
            Err(refusal) => {
                *self.tally.refused.entry(refusal).or_default() += 1;
                return None;
            }
        };
        let Some(standing) = snapshot.by_code(position, &code) else {
            self.tally.created += 1;
            return Some(Edit::Create(draft));
        };
        if is_same(&standing, &draft, snapshot) {
            self.tally.unchanged += 1;
            return None;
        }
        self.tally.updated += 1;
        Some(Edit::Update { id: standing.id, base: standing.version, draft })
    }

    /// What takes away the features that are of this source by the beginning of their code, lie
    /// wholly within `area`, and did not come.
    pub fn removals(&self, snapshot: &Snapshot, code_prefix: &str, area: Bbox) -> Vec<Edit> {
        let mut removals = Vec::new();
        for gate in self.gates.values() {
            let Some(rule) = &gate.layer.code else { continue };
            for item in
                snapshot.layer(gate.position).in_box(area).filter(|item| area.common(item.bbox()) == Some(item.bbox()))
            {
                let code = item.property(&rule.property);
                let code = code.as_ref().and_then(Value::as_str).filter(|code| code.starts_with(code_prefix));
                if code.is_some_and(|code| !self.seen.contains(&digest(&gate.layer.id, code))) {
                    removals.push(Edit::Delete { id: item.id, base: item.version });
                }
            }
        }
        removals
    }

    /// Lets a feature in, without the values that its layer does not know or refuses; its layer's
    /// position and its code.
    fn admit(&mut self, draft: &mut Draft) -> Result<(usize, String), String> {
        let unknown = || format!("{}: the catalogue has no such layer", draft.layer);
        let gate = self.gates.get(&draft.layer).ok_or_else(unknown)?;
        let id = &gate.layer.id;
        let kind = draft.geometry.kind();
        if kind != gate.layer.geometry {
            return Err(format!("{id}: a {} where the layer has a {}", word(kind), word(gate.layer.geometry)));
        }
        let rule = gate.layer.code.as_ref().ok_or_else(|| format!("{id}: the layer has no code to know it by"))?;
        let code = draft.properties.get(&rule.property).and_then(Value::as_str);
        let code = code.ok_or_else(|| format!("{id}: no `{}`", rule.property))?.to_owned();
        if !self.seen.insert(digest(id, &code)) {
            return Err(format!("{id}: the same element came before"));
        }
        drop_faulty(gate, draft, &mut self.tally.dropped);
        match gate.validator.faults(&draft.properties).first() {
            Some(fault) => Err(format!("{id}: {}", fault.message.en)),
            None => Ok((gate.position, code)),
        }
    }
}

/// Leaves out the values that the layer does not declare or whose schema refuses them.
fn drop_faulty(gate: &Gate, draft: &mut Draft, dropped: &mut BTreeMap<String, (u64, String)>) {
    let layer = &gate.layer;
    let is_declared = |name: &str| layer.properties.contains_key(name) || name == SYNTHETIC;
    let unknown = draft.properties.keys().filter(|name| !is_declared(name));
    let mut faulty: BTreeMap<String, String> =
        unknown.map(|name| (name.clone(), "the layer has no such property".to_owned())).collect();
    for fault in gate.validator.faults(&draft.properties) {
        // What is missing is not mended by leaving it out.
        if let Some(name) = fault.pointer.strip_prefix('/').filter(|name| draft.properties.contains_key(*name)) {
            faulty.entry(name.to_owned()).or_insert(fault.message.en);
        }
    }
    for (name, message) in faulty {
        dropped.entry(format!("{}.{name}", layer.id)).or_insert((0, message)).0 += 1;
        draft.properties.remove(&name);
    }
}

fn is_same(standing: &Item, draft: &Draft, snapshot: &Snapshot) -> bool {
    let own = standing.properties();
    own.len() == draft.properties.len()
        && own.iter().all(|(name, value)| draft.properties.get(name) == Some(value))
        && standing.geometry() == draft.geometry
        && standing.village == snapshot.village_at(draft.geometry.representative())
}

fn digest(layer: &LayerId, code: &str) -> u128 {
    xxhash_rust::xxh3::xxh3_128(format!("{layer} {code}").as_bytes())
}

const fn word(kind: GeometryKind) -> &'static str {
    match kind {
        GeometryKind::Point => "point",
        GeometryKind::Line => "line",
        GeometryKind::Polygon => "polygon",
    }
}
