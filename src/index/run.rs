//! Packed rows one after the other in one run of bytes, so that neighbours lie beside each other in memory.

use std::sync::Arc;

/// One packed row within a run. The run lives as long as any of its rows.
#[derive(Debug, Clone)]
pub(super) struct Row {
    run: Arc<[u8]>,
    start: u32,
    len: u32,
}

impl Row {
    /// A row that is a run of its own.
    pub(super) fn alone(bytes: &[u8]) -> Self {
        Self { run: bytes.into(), start: 0, len: bytes.len() as u32 }
    }

    /// The rows of a run; each on its own where the run would be too long for their numbers.
    pub(super) fn in_one_run<'b>(rows: impl Iterator<Item = &'b [u8]> + Clone) -> Vec<Self> {
        let total: usize = rows.clone().map(<[u8]>::len).sum();
        if u32::try_from(total).is_err() {
            return rows.map(Self::alone).collect();
        }
        let mut bytes = Vec::with_capacity(total);
        rows.clone().for_each(|row| bytes.extend_from_slice(row));
        let run: Arc<[u8]> = bytes.into();
        let mut start = 0;
        let mut within = |row: &[u8]| {
            let row = Self { run: Arc::clone(&run), start, len: row.len() as u32 };
            start += row.len;
            row
        };
        rows.map(&mut within).collect()
    }

    /// Its bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.run[self.start as usize..][..self.len as usize]
    }

    /// The run it stands in.
    pub(super) const fn run(&self) -> &Arc<[u8]> {
        &self.run
    }

    /// Where it stands in its run.
    pub(super) const fn span(&self) -> (u32, u32) {
        (self.start, self.len)
    }
}
