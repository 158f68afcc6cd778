//! FlatGeobuf 3, sorted along the Hilbert curve and with its spatial index.
//!
//! The tables of the format and its tree are the library's; its writer, which goes to and fro in a temporary file for
//! each feature, is not used: features are encoded in the order in which the file has them.

use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};

use ::flatgeobuf::packed_r_tree::{NodeItem, PackedRTree, calc_extent, hilbert_sort};
use ::flatgeobuf::{
    Column, ColumnArgs, ColumnType, Crs, CrsArgs, Feature, FeatureArgs, Geometry, GeometryArgs, GeometryType, Header,
    HeaderArgs,
};
use flatbuffers::{FlatBufferBuilder, WIPOffset};

use super::export::{Export, ExportError};
use super::format::Format;
use super::table::Table;
use crate::catalog::PropertyType;
use crate::domain::GeometryKind;
use crate::index::{Cell, Item};

/// How every file begins: `fgb`, the version, `fgb`, the patch.
const MAGIC: [u8; 8] = *b"fgb\x03fgb\0";

/// Writes the features; they wait in a temporary file until the index is known.
pub(super) fn write(export: &Export<'_>, out: &mut (dyn Write + Send)) -> Result<(), ExportError> {
    let failed = ExportError::of(Format::FlatGeobuf);
    let table = Table::of(export.layer);
    let mut nodes = nodes_of(export)?;
    let extent = calc_extent(&nodes);
    hilbert_sort(&mut nodes, &extent);
    let mut features = write_features(export, &table, &mut nodes)?;
    out.write_all(&MAGIC)?;
    out.write_all(&header(export, &table, &extent))?;
    // An index needs something to be an index of.
    if !nodes.is_empty() {
        let tree = PackedRTree::build(&nodes, &extent, PackedRTree::DEFAULT_NODE_SIZE);
        tree.map_err(|error| failed(&error))?.stream_write(&mut &mut *out)?;
    }
    features.rewind()?;
    io::copy(&mut features, out)?;
    Ok(())
}

/// The box of each feature, with its place among the items.
fn nodes_of(export: &Export<'_>) -> Result<Vec<NodeItem>, ExportError> {
    use geo::BoundingRect;
    let node = |(place, item): (usize, &std::sync::Arc<Item>)| {
        let [west, south, east, north] = if export.crs.is_geographic() {
            item.bbox().into()
        } else {
            let rect = export.geometry(item)?.bounding_rect();
            rect.map_or([0.0; 4], |rect| [rect.min().x, rect.min().y, rect.max().x, rect.max().y])
        };
        let mut node = NodeItem::bounds(west, south, east, north);
        node.offset = place as u64;
        Ok(node)
    };
    export.items.iter().enumerate().map(node).collect()
}

/// Writes the features in the order of the nodes, which get the features' offsets.
fn write_features(export: &Export<'_>, table: &Table, nodes: &mut [NodeItem]) -> Result<File, ExportError> {
    let mut file = BufWriter::with_capacity(1 << 20, tempfile::tempfile()?);
    let mut encoder = Encoder::default();
    let mut written = 0;
    for node in nodes {
        (export.progress)();
        let item = &export.items[node.offset as usize];
        let feature = encoder.encode(export, table, item)?;
        file.write_all(feature)?;
        node.offset = written;
        written += feature.len() as u64;
    }
    file.into_inner().map_err(|error| error.into_error().into())
}

fn header(export: &Export<'_>, table: &Table, extent: &NodeItem) -> Vec<u8> {
    let mut builder = FlatBufferBuilder::new();
    let columns: Vec<WIPOffset<Column<'_>>> = table
        .columns
        .iter()
        .map(|column| {
            let name = Some(builder.create_string(&column.name));
            Column::create(&mut builder, &ColumnArgs { name, type_: column_type(column.kind), ..ColumnArgs::default() })
        })
        .collect();
    let columns = Some(builder.create_vector(&columns));
    let (org, wkt) = (Some(builder.create_string("EPSG")), Some(builder.create_string(export.crs.wkt())));
    let crs = CrsArgs { org, code: export.crs.epsg().into(), wkt, ..CrsArgs::default() };
    let crs = Some(Crs::create(&mut builder, &crs));
    let is_empty = export.items.is_empty();
    let envelope = [extent.min_x, extent.min_y, extent.max_x, extent.max_y];
    let envelope = (!is_empty).then(|| builder.create_vector(&envelope));
    let args = HeaderArgs {
        name: Some(builder.create_string(&table.name)),
        title: Some(builder.create_string(&table.title)),
        geometry_type: kind_of(table.geometry),
        features_count: export.items.len() as u64,
        index_node_size: if is_empty { 0 } else { PackedRTree::DEFAULT_NODE_SIZE },
        columns,
        crs,
        envelope,
        ..HeaderArgs::default()
    };
    let header = Header::create(&mut builder, &args);
    builder.finish_size_prefixed(header, None);
    builder.finished_data().to_vec()
}

const fn kind_of(geometry: GeometryKind) -> GeometryType {
    match geometry {
        GeometryKind::Point => GeometryType::Point,
        GeometryKind::Line => GeometryType::MultiLineString,
        GeometryKind::Polygon => GeometryType::MultiPolygon,
    }
}

const fn column_type(kind: PropertyType) -> ColumnType {
    match kind {
        PropertyType::String => ColumnType::String,
        PropertyType::Integer => ColumnType::Long,
        PropertyType::Number => ColumnType::Double,
        PropertyType::Boolean => ColumnType::Bool,
        PropertyType::Date => ColumnType::DateTime,
    }
}

/// Features one after the other, in memory that is used again.
#[derive(Default)]
struct Encoder {
    builder: FlatBufferBuilder<'static>,
    village: String,
    properties: Vec<u8>,
    xy: Vec<f64>,
    ends: Vec<u32>,
}

impl Encoder {
    /// A feature with its length in front.
    fn encode(&mut self, export: &Export<'_>, table: &Table, item: &Item) -> Result<&[u8], ExportError> {
        self.builder.reset();
        self.properties.clear();
        for ((number, column), cell) in (0..).zip(&table.columns).zip(table.row(item, &mut self.village)) {
            match cell {
                Some(Cell::Whole(whole)) if column.kind == PropertyType::Number => {
                    encode_cell(number, Cell::Real(whole as f64), &mut self.properties);
                }
                Some(cell) => encode_cell(number, cell, &mut self.properties),
                None => {}
            }
        }
        let shape = export.geometry(item)?;
        let geometry = self.geometry(&shape);
        let properties = Some(self.builder.create_vector(&self.properties));
        let args = FeatureArgs { geometry: Some(geometry), properties, columns: None };
        let feature = Feature::create(&mut self.builder, &args);
        self.builder.finish_size_prefixed(feature, None);
        Ok(self.builder.finished_data())
    }

    /// A geometry: points and lines in one run of numbers, areas each in a part of its own.
    fn geometry(&mut self, shape: &geo_types::Geometry<f64>) -> WIPOffset<Geometry<'static>> {
        use geo_types::Geometry as G;
        self.xy.clear();
        self.ends.clear();
        match shape {
            G::Point(point) => self.xy.extend([point.x(), point.y()]),
            G::LineString(line) => self.course(line),
            G::MultiLineString(lines) => lines.0.iter().for_each(|line| self.course(line)),
            G::Polygon(polygon) => return self.areas(std::slice::from_ref(polygon)),
            G::MultiPolygon(polygons) => return self.areas(&polygons.0),
            // A feature has no other kind.
            _ => {}
        }
        // Readers want the ends of lines of a layer of several, be it one.
        self.run(GeometryType::Unknown, !self.ends.is_empty())
    }

    fn course(&mut self, line: &geo_types::LineString<f64>) {
        self.xy.extend(line.0.iter().flat_map(|at| [at.x, at.y]));
        self.ends.push(self.xy.len() as u32 / 2);
    }

    fn areas(&mut self, polygons: &[geo_types::Polygon<f64>]) -> WIPOffset<Geometry<'static>> {
        let mut parts = Vec::with_capacity(polygons.len());
        for polygon in polygons {
            self.xy.clear();
            self.ends.clear();
            self.course(polygon.exterior());
            polygon.interiors().iter().for_each(|hole| self.course(hole));
            parts.push(self.run(GeometryType::Polygon, self.ends.len() > 1));
        }
        let parts = Some(self.builder.create_vector(&parts));
        Geometry::create(&mut self.builder, &GeometryArgs { parts, ..GeometryArgs::default() })
    }

    /// The numbers that were put together, and where each course ends.
    fn run(&mut self, type_: GeometryType, with_ends: bool) -> WIPOffset<Geometry<'static>> {
        let ends = with_ends.then(|| self.builder.create_vector(&self.ends));
        let xy = Some(self.builder.create_vector(&self.xy));
        Geometry::create(&mut self.builder, &GeometryArgs { ends, xy, type_, ..GeometryArgs::default() })
    }
}

/// Appends a value: the number of its column, and its bytes.
fn encode_cell(column: u16, cell: Cell<'_>, out: &mut Vec<u8>) {
    out.extend(column.to_le_bytes());
    match cell {
        Cell::Text(text) => {
            out.extend((text.len() as u32).to_le_bytes());
            out.extend(text.as_bytes());
        }
        Cell::Whole(number) => out.extend(number.to_le_bytes()),
        Cell::Real(number) => out.extend(number.to_le_bytes()),
        Cell::Bool(yes) => out.push(u8::from(yes)),
    }
}
