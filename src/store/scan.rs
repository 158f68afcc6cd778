//! Decoding of a scan beside its reading: while one batch is decoded the next is read.

use std::collections::VecDeque;

use sqlx::{FromRow, Row};
use tokio::task::JoinHandle;

use super::rows::{self, Fault, FeatureRow};
use crate::domain::Feature;

/// Rows in a batch: large enough that handing over costs nothing, small enough to stay in the cache.
pub(super) const BATCH: usize = 4096;

/// Batches being decoded at a time; more would only use memory.
const AHEAD: usize = 3;

/// Receives the features of a scan; false ends it.
pub(super) type Sink<'a> = &'a mut (dyn FnMut(Vec<Feature>) -> bool + Send);

/// Batches on their way to the sink, in the order they were read.
pub(super) struct Pipeline<'a> {
    sink: Sink<'a>,
    decoding: VecDeque<JoinHandle<Result<Vec<Feature>, Fault>>>,
}

impl<'a> Pipeline<'a> {
    /// An empty pipeline into `sink`.
    pub(super) fn new(sink: Sink<'a>) -> Self {
        Self { sink, decoding: VecDeque::with_capacity(AHEAD) }
    }

    /// Takes a batch of rows; false when the sink wants no more.
    pub(super) async fn push<R>(&mut self, batch: Vec<R>) -> Result<bool, Fault>
    where
        R: Row + Send + 'static,
        FeatureRow: for<'r> FromRow<'r, R>,
    {
        self.decoding.push_back(tokio::task::spawn_blocking(move || {
            batch.iter().map(|row| rows::feature(FeatureRow::from_row(row)?)).collect()
        }));
        if self.decoding.len() < AHEAD { Ok(true) } else { self.deliver().await }
    }

    /// Delivers what is still on its way.
    pub(super) async fn finish(mut self) -> Result<(), Fault> {
        while !self.decoding.is_empty() {
            if !self.deliver().await? {
                break;
            }
        }
        Ok(())
    }

    async fn deliver(&mut self) -> Result<bool, Fault> {
        let Some(batch) = self.decoding.pop_front() else { return Ok(true) };
        let decoded = batch.await.map_err(|_| Fault::Sql(sqlx::Error::WorkerCrashed))??;
        Ok((self.sink)(decoded))
    }
}
