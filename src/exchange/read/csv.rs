//! Tables of text, in UTF-8, UTF-16 or the encodings of China.

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use csv::{ByteRecord, ReaderBuilder};
use encoding_rs::{Encoding, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE};
use serde_json::{Map, Value};

use super::{Extent, Head, MOST_COLUMNS, ReadOptions, Record, Records, SourceError};
use crate::exchange::format::Format;

/// Bytes by which encoding and separator are told.
const HEAD: u64 = 1 << 20;

pub(super) fn open(path: &Path, options: &ReadOptions) -> Result<(Head, Records), SourceError> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD).read_to_end(&mut head)?;
    let encoding = options.encoding.unwrap_or_else(|| encoding_of(&head));
    let bytes: Box<dyn Read + Send> = if encoding == UTF_16LE || encoding == UTF_16BE {
        // Separators are only where a byte is one in the other encodings.
        head = encoding.decode(&head).0.into_owned().into_bytes();
        Box::new(options.extent.of_file(as_utf8(path, encoding)?)?)
    } else {
        Box::new(options.extent.of_file(File::open(path)?)?)
    };
    let mut reader = ReaderBuilder::new()
        .delimiter(separator(&head))
        .flexible(true)
        .has_headers(false)
        .from_reader(BufReader::with_capacity(1 << 20, bytes));
    // What was UTF-16 is UTF-8 by now.
    let text = if encoding == UTF_16LE || encoding == UTF_16BE { UTF_8 } else { encoding };
    let mut first = ByteRecord::new();
    reader.read_byte_record(&mut first).map_err(|error| told(&error))?;
    let columns = names(&first, text)?;
    let head = Head { encoding: Some(encoding), crs: None, columns: columns.clone(), count: None };
    let mut rows =
        Rows { reader, columns, encoding: text, row: ByteRecord::new(), extent: options.extent.clone(), ended: false };
    Ok((head, Box::new(std::iter::from_fn(move || rows.next_row()))))
}

fn told(error: &csv::Error) -> SourceError {
    let line = error.position().map(csv::Position::line);
    SourceError::Damaged { format: Format::Csv, line, detail: error.to_string() }
}

/// The encoding by its mark, by being UTF-8, or by what it looks like in China.
fn encoding_of(head: &[u8]) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(head) {
        return encoding;
    }
    // The last letter may be cut off.
    let whole = std::str::from_utf8(head);
    if whole.is_ok() || whole.is_err_and(|error| error.error_len().is_none()) {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(head, true);
    let guess = detector.guess(Some(b"cn"), Utf8Detection::Deny);
    // GB 18030 holds all that GBK does.
    if guess == GBK || !guess.is_ascii_compatible() { GB18030 } else { guess }
}

fn as_utf8(path: &Path, encoding: &'static Encoding) -> Result<File, SourceError> {
    use std::io::Seek;
    let mut decoder = encoding.new_decoder();
    let mut from = BufReader::new(File::open(path)?);
    let mut to = tempfile::tempfile()?;
    let (mut raw, mut text) = (vec![0; 64 << 10], String::with_capacity(256 << 10));
    loop {
        let read = from.read(&mut raw)?;
        text.clear();
        // A chunk of UTF-16 is at the most half as long again in UTF-8.
        let (_, _, _) = decoder.decode_to_string(&raw[..read], &mut text, read == 0);
        to.write_all(text.as_bytes())?;
        if read == 0 {
            break;
        }
    }
    to.rewind()?;
    Ok(to)
}

/// The separator that stands most often in the first line.
fn separator(head: &[u8]) -> u8 {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |separator: u8| line.split(|byte| *byte == separator).count();
    [b',', b'\t', b';', b'|'].into_iter().max_by_key(|&separator| (count(separator), separator == b',')).unwrap_or(b',')
}

fn names(first: &ByteRecord, encoding: &'static Encoding) -> Result<Vec<String>, SourceError> {
    if first.len() > MOST_COLUMNS {
        return Err(SourceError::TooManyColumns { got: first.len() });
    }
    let mut columns: Vec<String> = Vec::new();
    for (i, bytes) in first.iter().enumerate() {
        let bytes = if i == 0 { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes) } else { bytes };
        let name = encoding.decode_without_bom_handling_and_without_replacement(bytes);
        let column = (i + 1).to_string();
        let name = name.ok_or(SourceError::Encoding { line: 1, column: column.clone(), encoding: encoding.name() })?;
        let name = if name.trim().is_empty() { column } else { name.trim().to_owned() };
        // Of two columns of one name the second is told apart.
        let name = if columns.contains(&name) { format!("{name} ({})", i + 1) } else { name };
        columns.push(name);
    }
    Ok(columns)
}

struct Rows {
    reader: csv::Reader<BufReader<Box<dyn Read + Send>>>,
    columns: Vec<String>,
    encoding: &'static Encoding,
    row: ByteRecord,
    extent: Extent,
    ended: bool,
}

impl Rows {
    fn next_row(&mut self) -> Option<Result<Record, SourceError>> {
        if self.ended {
            return None;
        }
        let row = match self.reader.read_byte_record(&mut self.row) {
            Ok(true) => {
                self.extent.record_ended();
                self.record()
            }
            Ok(false) => return None,
            Err(error) => Err(told(&error)),
        };
        self.ended = row.is_err();
        Some(row)
    }

    fn record(&self) -> Result<Record, SourceError> {
        let line = self.row.position().map_or(0, csv::Position::line);
        let mut values = Map::new();
        if self.row.len() > self.columns.len() {
            let detail = format!(
                "{} values for {} columns; is a text with a comma without quotes?",
                self.row.len(),
                self.columns.len()
            );
            return Err(SourceError::Damaged { format: Format::Csv, line: Some(line), detail });
        }
        for (column, bytes) in self.columns.iter().zip(self.row.iter()) {
            let text = self.encoding.decode_without_bom_handling_and_without_replacement(bytes).ok_or_else(|| {
                SourceError::Encoding { line, column: column.clone(), encoding: self.encoding.name() }
            })?;
            let text = text.trim();
            // What keeps a spreadsheet from running a text is no part of it.
            let text = text.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@'])).unwrap_or(text);
            if !text.is_empty() {
                values.insert(column.clone(), Value::String(text.to_owned()));
            }
        }
        Ok(Record { line, values, geometry: Ok(None) })
    }
}
