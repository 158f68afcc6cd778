//! Decoding of a scan beside its reading: while one batch is decoded the next is read.

use std::collections::VecDeque;

use tokio::task::JoinHandle;

use super::rows::Fault;
use crate::domain::Feature;

/// Batches being decoded at a time; more would only use memory.
const AHEAD: usize = 2;

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

    /// Takes a batch by what decodes it; false when the sink wants no more.
    pub(super) async fn push<F>(&mut self, decode: F) -> Result<bool, Fault>
    where
        F: FnOnce() -> Result<Vec<Feature>, Fault> + Send + 'static,
    {
        self.decoding.push_back(tokio::task::spawn_blocking(decode));
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
