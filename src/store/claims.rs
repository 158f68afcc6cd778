//! Codes that a change set gives: whether another has given one of them since it was decided.
//!
//! Asked under the lock of the log's end, so that of two change sets with one code the second is
//! decided anew, whichever server or program they come from.

use std::collections::HashSet;

use super::rows::Fault;
use crate::domain::{Claims, Revision};

/// Changes that are looked through at the most; behind by more than these, a writer has to look anew.
pub(super) const LOOKED_THROUGH: i64 = 50_000;

/// Below this many claims a text search is quicker than reading the values.
const FEW: usize = 32;

/// What was written since a change set was decided: revision, layer and values of each feature.
pub(super) type Written = Vec<(i64, String, String)>;

/// The newest revision that gave a claimed code to somebody, if any did.
pub(super) fn given_since(claims: &Claims, written: &Written) -> Result<Option<Revision>, Fault> {
    let newest = |row: &(i64, String, String)| super::rows::natural(row.0).map(Revision);
    if written.len() as i64 >= LOOKED_THROUGH {
        return written.last().map(newest).transpose();
    }
    let quoted: Vec<String> =
        claims.codes.iter().take(FEW).map(|claim| serde_json::to_string(&claim.code)).collect::<Result<_, _>>()?;
    let may_hold = |values: &str| claims.codes.len() > FEW || quoted.iter().any(|code| values.contains(code.as_str()));
    let claimed: HashSet<(&str, &str, &str)> =
        claims.codes.iter().map(|claim| (claim.layer.as_str(), claim.property.as_str(), claim.code.as_str())).collect();
    for row in written.iter().rev().filter(|(_, _, values)| may_hold(values)) {
        let values: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&row.2)?;
        let mut texts = values.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
        if texts.any(|(name, text)| claimed.contains(&(row.1.as_str(), name, text))) {
            return newest(row).map(Some);
        }
    }
    Ok(None)
}
