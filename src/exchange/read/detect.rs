//! Which format a file is, by what it holds.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use super::SourceError;
use crate::exchange::format::Format;

/// Bytes that are looked at.
const HEAD: u64 = 64 << 10;

/// The format of a file.
pub(super) fn format_of(path: &Path) -> Result<Format, SourceError> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD).read_to_end(&mut head)?;
    let binary: [(&[u8], Format); 3] = [
        (b"SQLite format 3\0", Format::GeoPackage),
        (b"fgb\x03fgb", Format::FlatGeobuf),
        (b"PAR1", Format::GeoParquet),
    ];
    if let Some((_, format)) = binary.into_iter().find(|(magic, _)| head.starts_with(magic)) {
        return Ok(format);
    }
    if head.starts_with(b"PK\x03\x04") {
        return in_archive(path);
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head).trim_ascii_start();
    match text.first() {
        Some(b'{') => Ok(json_format(path, text)),
        Some(b'<') if contains(text, b"<kml") => Ok(Format::Kml),
        // A table begins with the names of its columns: letters of some alphabet, in UTF-16 with a mark.
        Some(first) if is_text(&head) && !matches!(first, b'<' | b'[') => Ok(Format::Csv),
        _ => Err(SourceError::Unknown { begins: begins(&head) }),
    }
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|bytes| bytes == word)
}

/// Whether bytes are text of UTF-8, GBK or, by its mark, UTF-16: none of these has a zero where no mark stands.
fn is_text(head: &[u8]) -> bool {
    let is_utf16 = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
    is_utf16 || !head.contains(&0)
}

fn begins(head: &[u8]) -> String {
    if head.is_empty() {
        return "nothing: it is empty".to_owned();
    }
    let text: String = head.iter().take(16).map(|byte| byte.escape_ascii().to_string()).collect();
    format!("`{text}`")
}

/// One JSON document, or one on each line.
fn json_format(path: &Path, head: &[u8]) -> Format {
    let first = File::open(path).ok().and_then(|file| {
        let mut line = Vec::new();
        BufReader::new(file).take(16 << 20).read_until(b'\n', &mut line).ok()?;
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line);
        serde_json::from_slice::<serde_json::Value>(line).ok()
    });
    let is_feature = first.is_some_and(|first| first["type"] == "Feature");
    if is_feature {
        Format::Ndjson
    } else if contains(head, b"\"conformsTo\"") && contains(head, b"json-fg") {
        Format::JsonFg
    } else {
        Format::GeoJson
    }
}

fn in_archive(path: &Path) -> Result<Format, SourceError> {
    let damaged = SourceError::damaged(Format::Shapefile);
    let archive = zip::ZipArchive::new(File::open(path)?).map_err(|error| damaged(&error))?;
    let names: Vec<String> = names_in(&archive);
    let has = |ending: &str| names.iter().any(|name| name.to_lowercase().ends_with(ending));
    if has(".kml") && !has(".shp") {
        return Ok(Format::Kml);
    }
    if has(".shp") || has(".dbf") || has(".shx") {
        return Ok(Format::Shapefile);
    }
    let some = names.iter().take(5).map(String::as_str).collect::<Vec<_>>();
    Err(SourceError::Unknown { begins: format!("a zip archive of {}", some.join(", ")) })
}

/// The names of the files in an archive, as far as they are names.
pub(super) fn names_in(archive: &zip::ZipArchive<File>) -> Vec<String> {
    archive.file_names().filter_map(|name| Some(name.ok()?.into_owned())).collect()
}
