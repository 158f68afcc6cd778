//! The scan of SQLite, many features a row.
//!
//! The driver hands every row from SQLite's thread to ours, value by value, which costs several
//! times what reading it does. So SQLite packs a batch of features into three texts, a line each a
//! feature, and only the batch is handed over.

use serde_json::Deserializer;
use sqlx::SqliteConnection;

use crate::domain::{Feature, Properties};
use crate::store::rows::{self, Fault, Head};

/// Features packed together. What a batch takes while it is read stays with the allocator, so few.
const FEATURES: i64 = 512;

const PACK: &str = "SELECT MAX(id), \
    group_concat(id || ' ' || version || ' ' || revision || ' ' || layer || ' ' || COALESCE(village, '-'), char(10)), \
    group_concat(hex(geometry), char(10)), group_concat(properties, char(10)) \
    FROM (SELECT * FROM feature WHERE id > $1 ORDER BY id LIMIT $2)";

/// A batch of features as SQLite packs it.
pub(super) struct Packed {
    /// The largest id in it.
    pub(super) last: i64,
    heads: String,
    geometries: String,
    properties: String,
}

/// The features after `after`; none at the end.
pub(super) async fn read(on: &mut SqliteConnection, after: i64) -> sqlx::Result<Option<Packed>> {
    type Row = (Option<i64>, Option<String>, Option<String>, Option<String>);
    let row: Row = sqlx::query_as(PACK).bind(after).bind(FEATURES).fetch_one(on).await?;
    let (Some(last), Some(heads), Some(geometries), Some(properties)) = row else { return Ok(None) };
    Ok(Some(Packed { last, heads, geometries, properties }))
}

impl Packed {
    /// The features themselves.
    pub(super) fn unpack(&self) -> Result<Vec<Feature>, Fault> {
        let mut properties = Deserializer::from_str(&self.properties).into_iter::<Properties>();
        let mut geometries = self.geometries.split('\n');
        let mut bytes = Vec::new();
        let mut features = Vec::with_capacity(FEATURES as usize);
        for line in self.heads.split('\n') {
            let head = head(line).ok_or_else(|| Fault::Content(format!("a feature with the values `{line}`")))?;
            let broken = |detail: &dyn std::fmt::Display| Fault::Content(format!("feature {}: {detail}", head.id));
            let properties =
                properties.next().ok_or_else(|| broken(&"no properties"))?.map_err(|error| broken(&error))?;
            bytes.clear();
            let hex = geometries.next().unwrap_or_default().as_bytes();
            for pair in hex.chunks_exact(2) {
                bytes.push(nibble(pair[0]) << 4 | nibble(pair[1]));
            }
            features.push(rows::feature_of(&head, &bytes, properties)?);
        }
        if properties.next().is_some() {
            return Err(Fault::Content("a feature with more than one set of properties".to_owned()));
        }
        Ok(features)
    }
}

fn head(line: &str) -> Option<Head<'_>> {
    let mut words = line.split(' ');
    let mut number = || words.next()?.parse().ok();
    let (id, version, revision) = (number()?, number()?, number()?);
    let layer = words.next()?;
    let village = words.next().filter(|code| *code != "-");
    Some(Head { id, layer, village, version, revision })
}

/// The value of a digit as SQLite's `hex` writes it.
const fn nibble(digit: u8) -> u8 {
    if digit <= b'9' { digit.wrapping_sub(b'0') } else { digit.wrapping_sub(b'A' - 10) }
}
