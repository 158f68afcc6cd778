//! The four passes through an extract.

use std::collections::HashSet;
use std::io::{Read, Seek};

use osmpbf::{Element, PrimitiveBlock};

use super::blocks::Blocks;
use super::relations::{self, MemberWay, Multipolygons};
use super::shapes::{self, NodeSet, Nodes, Positions};
use super::tags::{self, Tags};
use super::{Made, OsmError, OsmProgress, OsmSummary, Out, Skip};
use crate::domain::Bbox;

/// How often the file is gone through; progress counts its bytes this often.
const PASSES: u64 = 4;

/// An extract that is being read.
pub(super) struct File<'a, R: Read + Seek + Send> {
    blocks: Blocks<R>,
    passes_done: u64,
    progress: &'a mut dyn FnMut(OsmProgress),
}

impl<'a, R: Read + Seek + Send> File<'a, R> {
    /// Opens an extract; the file must be whole.
    pub(super) fn open(source: R, progress: &'a mut dyn FnMut(OsmProgress)) -> Result<Self, OsmError> {
        Ok(Self { blocks: Blocks::find(source)?, passes_done: 0, progress })
    }

    /// The box that the file says it covers.
    pub(super) const fn area(&self) -> Option<Bbox> {
        self.blocks.area
    }

    fn pass<T: Send>(
        &mut self,
        wanted: impl Fn(super::blocks::Holds) -> bool,
        read: impl Fn(&PrimitiveBlock) -> Result<T, String> + Sync,
        take: impl FnMut(T) -> Result<(), OsmError>,
    ) -> Result<(), OsmError> {
        let behind = self.passes_done * self.blocks.length;
        let total = PASSES * self.blocks.length;
        let progress = &mut *self.progress;
        self.blocks.pass(wanted, &mut |bytes| progress(OsmProgress { bytes: behind + bytes, total }), read, take)?;
        self.passes_done += 1;
        Ok(())
    }

    /// First pass: counts everything, finds the multipolygons.
    pub(super) fn multipolygons(&mut self, summary: &mut OsmSummary) -> Result<Multipolygons, OsmError> {
        let mut multipolygons = Multipolygons::default();
        let read = |block: &PrimitiveBlock| {
            let mut counts = [0_u64; 3];
            for group in block.groups() {
                counts[0] += (group.nodes().len() + group.dense_nodes().len()) as u64;
                counts[1] += group.ways().len() as u64;
                counts[2] += group.relations().len() as u64;
            }
            Ok((counts, relations::find(block)?))
        };
        self.pass(
            |_| true,
            read,
            |(counts, found)| {
                summary.nodes += counts[0];
                summary.ways += counts[1];
                summary.relations += counts[2];
                multipolygons.add(found);
                Ok(())
            },
        )?;
        Ok(multipolygons)
    }

    /// Second pass: the nodes that features need, and the ways that multipolygons need.
    pub(super) fn needed_nodes(&mut self, multipolygons: &mut Multipolygons) -> Result<Nodes, OsmError> {
        let members = multipolygons.members();
        let mut nodes = NodeSet::default();
        let read = |block: &PrimitiveBlock| ways_needed(block, &members);
        self.pass(
            |holds| holds.ways,
            read,
            |(needed, found)| {
                nodes.add(&needed);
                multipolygons.add_ways(found);
                Ok(())
            },
        )?;
        Ok(nodes.finish())
    }

    /// Third pass: where the nodes are; places become features.
    pub(super) fn positions(&mut self, nodes: Nodes, out: &mut Out<'_>) -> Result<Positions, OsmError> {
        let mut at = nodes.nowhere();
        let within = out.within;
        let read = |block: &PrimitiveBlock| nodes_of(block, &nodes, within);
        self.pass(
            |holds| holds.nodes,
            read,
            |(found, places)| {
                for (place, position) in found {
                    at[place] = position;
                }
                places.into_iter().try_for_each(|place| out.take(place))
            },
        )?;
        Ok(Positions::new(nodes, at))
    }

    /// Fourth pass: ways become features.
    pub(super) fn ways(
        &mut self,
        positions: &Positions,
        drawn: &HashSet<i64>,
        out: &mut Out<'_>,
    ) -> Result<(), OsmError> {
        let within = out.within;
        let read = |block: &PrimitiveBlock| ways_of(block, positions, drawn, within);
        self.pass(|holds| holds.ways, read, |made| made.into_iter().try_for_each(|made| out.take(made)))
    }
}

fn way_tags<'a>(block: &'a PrimitiveBlock, way: &osmpbf::Way<'a>) -> Result<Tags<'a>, String> {
    Tags::read(block.raw_stringtable(), way.raw_tags().map(|(key, value)| (key as usize, value as usize)))
}

fn ways_needed(block: &PrimitiveBlock, members: &HashSet<i64>) -> Result<(Vec<i64>, Vec<MemberWay>), String> {
    let (mut needed, mut found) = (Vec::new(), Vec::new());
    for way in block.groups().flat_map(|group| group.ways()) {
        let tags = way_tags(block, &way)?;
        let is_member = members.contains(&way.id());
        if is_member {
            found.push(MemberWay { id: way.id(), nodes: way.refs().collect(), thing: tags::of_area(&tags) });
        }
        if is_member || !tags::of_way(&tags, &mut |_| ()).is_empty() {
            needed.extend(way.refs());
        }
    }
    Ok((needed, found))
}

type NodesFound = (Vec<(usize, [i32; 2])>, Vec<Result<Made, Skip>>);

fn nodes_of(block: &PrimitiveBlock, nodes: &Nodes, within: Option<Bbox>) -> Result<NodesFound, String> {
    let (mut found, mut places) = (Vec::new(), Vec::new());
    let texts = block.raw_stringtable();
    for element in block.elements() {
        let (id, at, tags) = match element {
            Element::DenseNode(node) => {
                let pairs = node.raw_tags().map(|(key, value)| (key as usize, value as usize));
                (node.id(), shapes::steps(node.nano_lon(), node.nano_lat()), Tags::read(texts, pairs)?)
            }
            Element::Node(node) => {
                let pairs = node.raw_tags().map(|(key, value)| (key as usize, value as usize));
                (node.id(), shapes::steps(node.nano_lon(), node.nano_lat()), Tags::read(texts, pairs)?)
            }
            Element::Way(_) | Element::Relation(_) => continue,
        };
        found.extend(nodes.place(id).map(|place| (place, at)));
        places.extend(tags::of_node(&tags).map(|thing| {
            let geometry = shapes::point(at)?;
            shapes::made(thing?, "node", id, geometry, within)
        }));
    }
    Ok((found, places))
}

fn ways_of(
    block: &PrimitiveBlock,
    positions: &Positions,
    drawn: &HashSet<i64>,
    within: Option<Bbox>,
) -> Result<Vec<Result<Made, Skip>>, String> {
    let mut made = Vec::new();
    for way in block.groups().flat_map(|group| group.ways()) {
        let things = tags::of_way(&way_tags(block, &way)?, &mut |skip| made.push(Err(skip)));
        if things.is_empty() {
            continue;
        }
        let nodes: Vec<i64> = way.refs().collect();
        let mut layers = Vec::new();
        for (thing, form) in things {
            let layer = thing.layer();
            // A river's course that is a ring tagged as water, too, is one water, drawn once.
            if layers.contains(&layer) {
                continue;
            }
            let one = if form == tags::Form::Area && drawn.contains(&way.id()) {
                Err(Skip::InMultipolygon)
            } else {
                let shape = positions.shape(&nodes, form);
                shape.and_then(|geometry| shapes::made(thing, "way", way.id(), geometry, within))
            };
            layers.extend(one.is_ok().then_some(layer));
            made.push(one);
        }
    }
    Ok(made)
}
