//! Reading all features: rows are decoded on other cores while the next ones are read.

use rayon::prelude::*;
use tokio::task::JoinHandle;

use super::StoreError;
use super::rows::FeatureColumns;
use crate::domain::Feature;

/// Rows decoded at a time.
const BATCH: usize = 8192;

/// A row of `feature`, as it came.
pub(super) struct RawFeature {
    pub id: i64,
    pub layer: String,
    pub village: Option<i64>,
    pub version: i64,
    pub revision: i64,
    pub geometry: Vec<u8>,
    pub properties: String,
}

impl RawFeature {
    fn decode(&self) -> Result<Feature, StoreError> {
        FeatureColumns {
            id: self.id,
            layer: &self.layer,
            village: self.village,
            version: self.version,
            revision: self.revision,
            geometry: &self.geometry,
            properties: &self.properties,
        }
        .read()
    }
}

/// Rows on their way to a sink.
pub(super) struct Batches<'s> {
    sink: &'s mut (dyn FnMut(Vec<Feature>) -> bool + Send),
    rows: Vec<RawFeature>,
    decoding: Option<JoinHandle<Result<Vec<Feature>, StoreError>>>,
}

impl<'s> Batches<'s> {
    pub(super) fn new(sink: &'s mut (dyn FnMut(Vec<Feature>) -> bool + Send)) -> Self {
        Self { sink, rows: Vec::with_capacity(BATCH), decoding: None }
    }

    /// Takes a row; false when the sink wants no more.
    pub(super) async fn take(&mut self, row: RawFeature) -> Result<bool, StoreError> {
        self.rows.push(row);
        if self.rows.len() < BATCH { Ok(true) } else { self.hand_over().await }
    }

    /// Hands the last rows to the sink.
    pub(super) async fn finish(mut self) -> Result<(), StoreError> {
        if self.hand_over().await? {
            self.hand_over().await?;
        }
        Ok(())
    }

    /// Starts to decode what was taken, and gives the sink what was decoded meanwhile.
    async fn hand_over(&mut self) -> Result<bool, StoreError> {
        let rows = std::mem::replace(&mut self.rows, Vec::with_capacity(BATCH));
        let next = tokio::task::spawn_blocking(move || rows.par_iter().map(RawFeature::decode).collect());
        let Some(decoding) = self.decoding.replace(next) else { return Ok(true) };
        let decoded = decoding
            .await
            .map_err(|source| StoreError::Driver { doing: "decoding features", source: Box::new(source) })??;
        Ok(decoded.is_empty() || (self.sink)(decoded))
    }
}
