//! Sums over the log that are the same for both databases.

use std::collections::BTreeMap;

use super::IntakeTotal;
use super::rows::{self, Fault};
use crate::domain::LayerId;

/// Deliveries by layer, from the time and the intakes of change sets in log order.
pub(super) fn intake_totals(rows: Vec<(String, String)>) -> Result<Vec<IntakeTotal>, Fault> {
    let mut totals: BTreeMap<LayerId, IntakeTotal> = BTreeMap::new();
    for (at, intakes) in rows {
        let at: jiff::Timestamp =
            at.parse().map_err(|error| Fault::Content(format!("the time of a change set: {error}")))?;
        for intake in rows::intakes(&intakes)? {
            let total = totals.entry(intake.layer.clone()).or_insert_with(|| IntakeTotal {
                layer: intake.layer,
                collected: 0,
                governed: 0,
                last: at,
            });
            total.collected += intake.collected;
            total.governed += intake.governed;
            total.last = total.last.max(at);
        }
    }
    Ok(totals.into_values().collect())
}

/// Counts by layer.
pub(super) fn counts(rows: Vec<(String, i64)>) -> Result<Vec<(LayerId, u64)>, Fault> {
    rows.into_iter()
        .map(|(layer, count)| {
            let layer = layer.parse().map_err(|error| Fault::Content(format!("a layer of the features: {error}")))?;
            Ok((layer, rows::natural(count)?))
        })
        .collect()
}
