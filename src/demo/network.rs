//! The e-government network: a core ring, a point of aggregation a township, and 588 units.
//!
//! The report counts 588 units moved to the new network and 433 links that meet their standard. The
//! core ring takes 4 links and two uplinks of each township's aggregation 46; so 383 units have a
//! link of their own, and 205 share a building with a core or aggregation node and need none.

use serde_json::Value;

use crate::domain::Draft;

use super::DemoError;
use super::dice::Dice;
use super::divisions::Divisions;
use super::draft::{draft, whole};
use super::ledger::DEPARTMENTS;
use super::plane::{Pt, line_geometry, line_length, point_geometry, pt};
use super::roads::Roads;

/// Units that the report counts, and links.
const UNITS: usize = 588;
const LINKS: usize = 433;
/// Nodes of the core ring.
const CORES: usize = 4;

/// A node in the making.
struct Node {
    code: String,
    kind: &'static str,
    at: Pt,
    /// The junction of the road graph it stands at.
    junction: usize,
    unit: String,
    department: String,
}

/// The network being laid.
struct Net<'a> {
    divisions: &'a Divisions,
    roads: &'a Roads,
    dice: Dice,
    links: Vec<Draft>,
}

/// Nodes and links as drafts.
pub(super) fn drafts(seed: u64, divisions: &Divisions, roads: &Roads) -> Result<Vec<Draft>, DemoError> {
    let mut net = Net { divisions, roads, dice: Dice::new(seed, "network", 0), links: Vec::new() };
    let cores = net.cores();
    let aggregations = net.aggregations();
    for number in 0..CORES {
        net.link(&cores[number], &cores[(number + 1) % CORES], "2G")?;
    }
    for (number, node) in aggregations.iter().enumerate() {
        net.link(node, &cores[number % CORES], "2G")?;
        net.link(node, &cores[(number + 2) % CORES], "2G")?;
    }
    let own_links =
        LINKS.checked_sub(net.links.len()).ok_or_else(|| DemoError::Room { what: format!("{LINKS} links") })?;
    let units = net.units();
    if units.len() != UNITS || own_links > divisions.villages.len() {
        return Err(DemoError::Room { what: format!("{UNITS} units with {own_links} links of their own") });
    }
    // Committees in the countryside come last in the list of units: they are the ones with a link.
    for (unit, township) in &units[UNITS - own_links..] {
        let standard = if net.dice.chance(0.08) { "2G" } else { "200M" };
        net.link(unit, &aggregations[*township], standard)?;
    }
    let mut drafts = Vec::new();
    for node in cores.iter().chain(&aggregations).chain(units.iter().map(|(unit, _)| unit)) {
        drafts.push(net.node_draft(node)?);
    }
    drafts.append(&mut net.links);
    Ok(drafts)
}

impl Net<'_> {
    /// Core nodes about the city's seat; they stand on its streets.
    fn cores(&mut self) -> Vec<Node> {
        let core = &self.divisions.townships[0];
        let far = core.town_m * 0.3;
        let sites =
            [("政务服务中心", far, 0.0), ("大数据中心", 0.0, far), ("市民之家", -far, 0.0), ("数据局", 0.0, -far)];
        sites
            .iter()
            .enumerate()
            .map(|(number, &(name, along, across))| Node {
                code: format!("N429005C{:02}", number + 1),
                kind: "core",
                at: core.streets.at(along, across),
                junction: self.roads.seats[0],
                unit: format!("潜江市{name}核心机房（示例）"),
                department: "数据局".to_owned(),
            })
            .collect()
    }

    fn aggregations(&self) -> Vec<Node> {
        let aggregation = |(number, township): (usize, &super::divisions::Township)| Node {
            code: format!("N{}G", township.code),
            kind: "aggregation",
            at: township.seat,
            junction: self.roads.seats[number],
            unit: format!("{}汇聚机房（示例）", township.name),
            department: "大数据中心".to_owned(),
        };
        self.divisions.townships.iter().enumerate().map(aggregation).collect()
    }

    /// All units with the township they belong to: city offices, township offices, then committees
    /// from the nearest to its seat to the farthest.
    fn units(&mut self) -> Vec<(Node, usize)> {
        let mut committees: Vec<(u64, usize)> = Vec::new();
        for (number, village) in self.divisions.villages.iter().enumerate() {
            let seat = self.divisions.township_of(village).seat;
            committees.push(((village.centre.to(seat) * 1000.0) as u64, number));
        }
        committees.sort_unstable();
        let townships = self.divisions.townships.len();
        let offices = UNITS.saturating_sub(committees.len() + townships);
        let mut units = Vec::new();
        for number in 0..offices {
            let department = DEPARTMENTS[number % DEPARTMENTS.len()];
            let branch = ["机关", "服务窗口", "信息中心", "执法队", "档案室", "直属站"][number / DEPARTMENTS.len() % 6];
            let name = format!("潜江市{department}{branch}（示例）");
            units.push((self.unit(number, name, department, self.divisions.townships[0].seat, 0), 0));
        }
        for township in 0..townships {
            let name = format!("{}办事处（示例）", self.divisions.townships[township].name);
            let seat = self.divisions.townships[township].seat;
            units.push((self.unit(units.len(), name, "数据局", seat, township), township));
        }
        for (_, number) in committees {
            let village = &self.divisions.villages[number];
            let name = format!("{}{}（示例）", self.divisions.township_of(village).name, village.name);
            let mut node = self.unit(units.len(), name, "民政局", village.centre, village.township);
            node.at = village.centre;
            node.junction = self.roads.centres[number];
            units.push((node, village.township));
        }
        units
    }

    /// A unit that shares a building near a seat.
    fn unit(&mut self, number: usize, unit: String, department: &str, near: Pt, township: usize) -> Node {
        let aside = pt(self.dice.between(-180.0, 180.0), self.dice.between(-180.0, 180.0));
        Node {
            code: format!("N429005A{:04}", number + 1),
            kind: "access",
            at: near.plus(aside),
            junction: self.roads.seats[township],
            unit,
            department: department.to_owned(),
        }
    }

    fn node_draft(&mut self, node: &Node) -> Result<Draft, DemoError> {
        let village = self.divisions.at(node.at).map(|village| village.code);
        let cut_over = match node.kind {
            "access" => Value::from(format!("2025-{:02}-{:02}", 1 + self.dice.below(6), 1 + self.dice.below(28))),
            _ => Value::Null,
        };
        draft(
            "network-node",
            point_geometry(node.at)?,
            village,
            [
                ("code", node.code.as_str().into()),
                ("name", node.unit.as_str().into()),
                ("kind", node.kind.into()),
                ("unit", node.unit.as_str().into()),
                ("department", node.department.as_str().into()),
                ("cut_over_on", cut_over),
                ("status", "active".into()),
            ],
        )
    }

    /// A link along the roads, measured above its standard.
    fn link(&mut self, from: &Node, to: &Node, standard: &'static str) -> Result<(), DemoError> {
        let way = self.roads.way(from.junction, to.junction);
        let way = way.ok_or_else(|| DemoError::Room { what: format!("a way from {} to {}", from.code, to.code) })?;
        let mut line = vec![from.at];
        line.extend(way);
        line.push(to.at);
        line.dedup_by(|a, b| a.to(*b) < 0.5);
        let required: f64 = if standard == "2G" { 2e9 } else { 2e8 };
        let rate = required * self.dice.between(1.01, 1.22);
        let carrier = *self.dice.pick(&["mobile-a", "mobile-b", "mobile-c"]);
        let geometry = line_geometry(&line)?;
        let village = self.divisions.holder(&geometry);
        let link = draft(
            "network-link",
            geometry,
            village,
            [
                ("code", format!("L429005{:04}", self.links.len() + 1).into()),
                ("from_node", from.code.as_str().into()),
                ("to_node", to.code.as_str().into()),
                ("standard", standard.into()),
                ("rate_bps", whole((rate / 1e5).round() * 1e5)),
                ("carrier", carrier.into()),
                ("verdict", "pass".into()),
                ("assessed_on", format!("2025-{:02}-{:02}", 4 + self.dice.below(3), 1 + self.dice.below(28)).into()),
                ("length_m", whole(line_length(&line))),
            ],
        )?;
        self.links.push(link);
        Ok(())
    }
}
