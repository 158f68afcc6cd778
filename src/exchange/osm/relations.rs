//! Multipolygons: relations whose ways bound an area.

use std::collections::{HashMap, HashSet};

use osmpbf::{PrimitiveBlock, RelMemberType};

use super::shapes::{Positions, made};
use super::tags::{Tags, Thing, of_area};
use super::{Made, OsmError, Out, Skip};

/// A relation that becomes an area.
pub(super) struct Multipolygon {
    id: i64,
    /// What it is; none where only its ways' tags tell, as was the custom until 2013.
    thing: Option<Thing>,
    ways: Vec<Member>,
}

struct Member {
    way: i64,
    /// Whether its role calls it a hole.
    inner: bool,
}

/// A way that a multipolygon needs.
pub(super) struct MemberWay {
    pub(super) id: i64,
    pub(super) nodes: Vec<i64>,
    /// What the way is by its own tags.
    pub(super) thing: Option<Thing>,
}

/// All multipolygons of an extract that become features, and the ways they need.
#[derive(Default)]
pub(super) struct Multipolygons {
    relations: Vec<Multipolygon>,
    ways: HashMap<i64, MemberWay>,
}

/// The multipolygons of a block that may become features.
pub(super) fn find(block: &PrimitiveBlock) -> Result<Vec<Multipolygon>, String> {
    let mut found = Vec::new();
    for relation in block.groups().flat_map(|group| group.relations()) {
        let pairs = relation.raw_tags().map(|(key, value)| (key as usize, value as usize));
        let tags = Tags::read(block.raw_stringtable(), pairs)?;
        if tags.value("type") != Some("multipolygon") {
            continue;
        }
        let thing = of_area(&tags);
        if thing.is_none() && !tags.tell_nothing() {
            continue;
        }
        let mut ways = Vec::new();
        for member in relation.members() {
            let role = member.role().map_err(|error| error.to_string())?;
            if member.member_type == RelMemberType::Way {
                ways.push(Member { way: member.member_id, inner: role == "inner" });
            }
        }
        found.push(Multipolygon { id: relation.id(), thing, ways });
    }
    Ok(found)
}

impl Multipolygons {
    /// Adds relations.
    pub(super) fn add(&mut self, found: Vec<Multipolygon>) {
        self.relations.extend(found);
    }

    /// The ways that are needed.
    pub(super) fn members(&self) -> HashSet<i64> {
        self.relations.iter().flat_map(|relation| relation.ways.iter().map(|member| member.way)).collect()
    }

    /// Adds the ways.
    pub(super) fn add_ways(&mut self, found: Vec<MemberWay>) {
        self.ways.extend(found.into_iter().map(|way| (way.id, way)));
    }

    /// Makes the features and says which ways are areas no more, because a multipolygon draws them.
    pub(super) fn draw(self, positions: &Positions, out: &mut Out<'_>) -> Result<HashSet<i64>, OsmError> {
        let mut drawn = HashSet::new();
        for relation in &self.relations {
            let Some(thing) = self.thing_of(relation) else { continue };
            let made = self.make(relation, &thing, positions, out);
            if made.is_ok() {
                drawn.extend(self.drawn_by(relation, &thing));
            }
            out.take(made)?;
        }
        Ok(drawn)
    }

    fn outer_things<'a>(&'a self, relation: &'a Multipolygon) -> impl Iterator<Item = &'a Thing> {
        let outer = relation.ways.iter().filter(|member| !member.inner);
        outer.filter_map(|member| self.ways.get(&member.way)?.thing.as_ref())
    }

    fn thing_of(&self, relation: &Multipolygon) -> Option<Thing> {
        relation.thing.clone().or_else(|| self.outer_things(relation).next().cloned())
    }

    fn make(&self, relation: &Multipolygon, thing: &Thing, positions: &Positions, out: &Out<'_>) -> Result<Made, Skip> {
        let nodes = |member: &Member| self.ways.get(&member.way).map(|way| way.nodes.as_slice());
        let ways: Vec<&[i64]> = relation.ways.iter().map(nodes).collect::<Option<_>>().ok_or(Skip::MemberMissing)?;
        made(thing.clone(), "relation", relation.id, positions.multipolygon(&ways)?, out.within)
    }

    /// Outer ways of the same layer; and, where the tags stand on the ways, holes with the same tags.
    fn drawn_by<'a>(&'a self, relation: &'a Multipolygon, thing: &'a Thing) -> impl Iterator<Item = i64> + 'a {
        relation.ways.iter().filter_map(move |member| {
            let own = self.ways.get(&member.way)?.thing.as_ref()?;
            let same =
                if member.inner { relation.thing.is_none() && own == thing } else { own.layer() == thing.layer() };
            same.then_some(member.way)
        })
    }
}
