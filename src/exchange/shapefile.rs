//! Esri shapefile: `.shp`, `.shx`, `.dbf`, `.prj` and `.cpg` in one zip archive, with a text that says what the format
//! could not hold.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};

use ::shapefile::dbase::{
    Date, FieldError, FieldName, FieldWriter, TableWriter, TableWriterBuilder, WritableRecord, encoding::EncodingRs,
};
use ::shapefile::{Point, Polygon, Polyline, ShapeWriter};
use encoding_rs::{Encoding, GBK, UTF_8};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::export::{Export, ExportError};
use super::format::Format;
use super::table::{Column, Table, as_multi};
use crate::catalog::PropertyType;
use crate::index::Cell;

/// The most bytes of a text; dBASE III keeps the length in one byte.
const LONGEST_TEXT: usize = 254;

/// The most bytes of a column's name.
const LONGEST_NAME: usize = 10;

/// Offsets in a shapefile are counted in 31 bits of sixteen-bit words, but many readers stop at this.
const MOST_BYTES: u64 = i32::MAX as u64;

/// Writes the archive by way of temporary files.
pub(super) fn write(export: &Export<'_>, out: &mut (dyn Write + Send)) -> Result<(), ExportError> {
    let table = Table::of(export.layer);
    let encoding = if export.gbk { GBK } else { UTF_8 };
    let plan = Plan::of(&table, export, encoding);
    let features = export.items.len();
    let most = "2 GB a file";
    if plan.record_bytes() * features as u64 > MOST_BYTES {
        return Err(ExportError::TooMuch { format: Format::Shapefile, features, most });
    }
    let file = || Ok::<_, io::Error>(BufWriter::new(tempfile::tempfile()?));
    let (shp, shx, dbf) = (file()?, file()?, file()?);
    let (mut shp, mut shx, mut dbf) = fill(export, &table, &plan, (shp, shx, dbf))?;
    if shp.metadata()?.len() > MOST_BYTES {
        return Err(ExportError::TooMuch { format: Format::Shapefile, features, most });
    }
    let failed = ExportError::of(Format::Shapefile);
    let mut archive = ZipWriter::new_stream(out);
    let mut add = |ending: &str, content: &mut dyn io::Read, large: bool| {
        let options = SimpleFileOptions::default().large_file(large);
        archive.start_file(format!("{}.{ending}", table.name), options).map_err(|error| failed(&error))?;
        io::copy(content, &mut archive)?;
        Ok::<_, ExportError>(())
    };
    for (ending, file) in [("shp", &mut shp), ("shx", &mut shx), ("dbf", &mut dbf)] {
        file.rewind()?;
        add(ending, file, false)?;
    }
    add("prj", &mut export.crs.wkt().as_bytes(), false)?;
    add("cpg", &mut encoding.name().as_bytes(), false)?;
    add("txt", &mut plan.told().as_bytes(), false)?;
    archive.finish().map_err(|error| failed(&error))?;
    Ok(())
}

/// The columns as dBASE has them.
struct Plan {
    encoding: &'static Encoding,
    fields: Vec<Field>,
    /// Texts that had to be cut.
    cut: usize,
}

struct Field {
    short: String,
    name: String,
    kind: PropertyType,
    /// Bytes, for texts.
    width: u8,
}

impl Plan {
    /// Looks at all values, since a text has as many bytes in every row.
    fn of(table: &Table, export: &Export<'_>, encoding: &'static Encoding) -> Self {
        let mut widths = vec![1; table.columns.len()];
        let mut cut = 0;
        let mut village = String::new();
        for item in export.items {
            for (width, cell) in widths.iter_mut().zip(table.row(item, &mut village)) {
                let Some(Cell::Text(text)) = cell else { continue };
                let bytes = encoding.encode(text).0.len();
                cut += usize::from(bytes > LONGEST_TEXT);
                *width = bytes.min(LONGEST_TEXT).max(*width);
            }
        }
        let mut taken = BTreeSet::new();
        let field = |(column, width): (&Column, usize)| Field {
            short: short_name(&column.name, &mut taken),
            name: column.name.clone(),
            kind: column.kind,
            width: width as u8,
        };
        Self { encoding, fields: table.columns.iter().zip(widths).map(field).collect(), cut }
    }

    /// Bytes of a row.
    fn record_bytes(&self) -> u64 {
        let bytes = |field: &Field| match field.kind {
            PropertyType::String => u64::from(field.width),
            _ => 24,
        };
        1 + self.fields.iter().map(bytes).sum::<u64>()
    }

    /// What somebody who opens the archive should know.
    fn told(&self) -> String {
        let mut text =
            String::from("列名（至多 10 字节）与属性对照 / columns (10 bytes at the most) and their properties:\r\n");
        for field in &self.fields {
            text.push_str(&format!("{}\t{}\r\n", field.short, field.name));
        }
        if self.cut > 0 {
            text.push_str(&format!(
                "{} 个文本超过 {LONGEST_TEXT} 字节，已截断；其他格式可存全文。/ {} texts were cut to {LONGEST_TEXT} bytes; other formats hold them whole.\r\n",
                self.cut, self.cut
            ));
        }
        text
    }
}

/// A name that fits and that no other column has.
fn short_name(name: &str, taken: &mut BTreeSet<String>) -> String {
    let mut short: String = name.chars().take(LONGEST_NAME).collect();
    let mut number = 1;
    while !taken.insert(short.clone()) {
        let ending = format!("_{number}");
        short = name.chars().take(LONGEST_NAME - ending.len()).collect::<String>() + &ending;
        number += 1;
    }
    short
}

type Files = (File, File, File);

fn fill(
    export: &Export<'_>,
    table: &Table,
    plan: &Plan,
    (mut shp, mut shx, mut dbf): (BufWriter<File>, BufWriter<File>, BufWriter<File>),
) -> Result<Files, ExportError> {
    let failed = ExportError::of(Format::Shapefile);
    let mut rows = table_writer(plan, &mut dbf)?;
    let mut shapes = ShapeWriter::with_shx(&mut shp, &mut shx);
    let mut village = String::new();
    for item in export.each() {
        let geometry = as_multi(export.geometry(item)?).into_owned();
        let written = match geometry {
            geo_types::Geometry::Point(point) => shapes.write_shape(&Point::from(point)),
            geo_types::Geometry::MultiLineString(lines) => shapes.write_shape(&Polyline::from(lines)),
            geo_types::Geometry::MultiPolygon(polygons) => shapes.write_shape(&Polygon::from(polygons)),
            // A feature has no other kind.
            _ => Ok(()),
        };
        written.map_err(|error| failed(&error))?;
        let row = Row { plan, cells: &table.row(item, &mut village) };
        rows.write_record(&row).map_err(|error| failed(&error))?;
    }
    shapes.finalize().map_err(|error| failed(&error))?;
    rows.finalize().map_err(|error| failed(&error))?;
    drop((shapes, rows));
    let whole = |file: BufWriter<File>| file.into_inner().map_err(|error| ExportError::Io(error.into_error()));
    Ok((whole(shp)?, whole(shx)?, whole(dbf)?))
}

fn table_writer<'a>(
    plan: &Plan,
    dbf: &'a mut BufWriter<File>,
) -> Result<TableWriter<&'a mut BufWriter<File>>, ExportError> {
    let mut table = TableWriterBuilder::with_encoding(EncodingRs::from(plan.encoding));
    for field in &plan.fields {
        let name =
            FieldName::try_from(field.short.as_str()).map_err(|error| ExportError::of(Format::Shapefile)(&error))?;
        table = match field.kind {
            PropertyType::String => table.add_character_field(name, field.width),
            PropertyType::Integer => table.add_numeric_field(name, 18, 0),
            PropertyType::Number => table.add_numeric_field(name, 24, 10),
            PropertyType::Boolean => table.add_logical_field(name),
            PropertyType::Date => table.add_date_field(name),
        };
    }
    Ok(table.build_with_dest(dbf))
}

/// A row as the library asks for it.
struct Row<'a> {
    plan: &'a Plan,
    cells: &'a [Option<Cell<'a>>],
}

impl WritableRecord for Row<'_> {
    fn write_using<W: Write>(&self, fields: &mut FieldWriter<'_, W>) -> Result<(), FieldError> {
        for (field, cell) in self.plan.fields.iter().zip(self.cells) {
            match field.kind {
                PropertyType::String => {
                    let text = if let Some(Cell::Text(text)) = cell { text } else { "" };
                    fields.write_next_field_value(&fitting(text, self.plan.encoding))?;
                }
                PropertyType::Integer | PropertyType::Number => {
                    let number = match cell {
                        Some(Cell::Whole(number)) => Some(*number as f64),
                        Some(Cell::Real(number)) => Some(*number),
                        _ => None,
                    };
                    fields.write_next_field_value(&number)?;
                }
                PropertyType::Boolean => {
                    let yes = if let Some(Cell::Bool(yes)) = cell { Some(*yes) } else { None };
                    fields.write_next_field_value(&yes)?;
                }
                PropertyType::Date => {
                    let day = if let Some(Cell::Text(text)) = cell { day(text) } else { None };
                    fields.write_next_field_value(&day)?;
                }
            }
        }
        Ok(())
    }
}

/// As much of a text as a column holds, cut between letters.
fn fitting<'a>(text: &'a str, encoding: &'static Encoding) -> &'a str {
    let bytes = |text: &str| encoding.encode(text).0.len();
    if text.len() <= LONGEST_TEXT || bytes(text) <= LONGEST_TEXT {
        return text;
    }
    let ends = text.char_indices().map(|(at, _)| at);
    let end = ends.take_while(|&at| bytes(&text[..at]) <= LONGEST_TEXT).last().unwrap_or_default();
    &text[..end]
}

fn day(text: &str) -> Option<Date> {
    let day: jiff::civil::Date = text.parse().ok()?;
    let part = |number: i8| u32::from(number.unsigned_abs());
    Date::new(part(day.day()), part(day.month()), day.year().unsigned_abs().into()).ok()
}
