//! How far a file has been read, told while it is, and how much one record of it may take.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of one record at the most. A boundary of 20,000 corners, the most that a feature may have, takes one of them.
pub(super) const LONGEST_RECORD: u64 = 16 << 20;

/// How much of a file has been read; shared by who reads it and who tells of it.
#[derive(Debug, Clone, Default)]
pub struct Extent(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    bytes: AtomicU64,
    read: AtomicU64,
    /// Where the last record ended that came whole.
    whole: AtomicU64,
}

impl Extent {
    /// The part of the file that has been read, 0 to 1; none: nobody counts its bytes.
    pub fn part(&self) -> Option<f64> {
        let bytes = self.0.bytes.load(Ordering::Relaxed);
        (bytes > 0).then(|| (self.0.read.load(Ordering::Relaxed) as f64 / bytes as f64).min(1.0))
    }

    /// Begins to count what is read, of so many bytes in all.
    pub(super) fn begin(&self, bytes: u64) {
        self.0.bytes.store(bytes, Ordering::Relaxed);
        self.0.read.store(0, Ordering::Relaxed);
        self.0.whole.store(0, Ordering::Relaxed);
    }

    /// Counts what comes of a reader: all of what was begun, or the next part of it.
    pub(super) fn counted<R: Read>(&self, of: R) -> Counted<R> {
        Counted { of, extent: self.clone() }
    }

    /// Counts what is read of a file, from where it stands on.
    pub(super) fn of_file(&self, file: File) -> Result<Counted<File>> {
        self.begin(file.metadata()?.len());
        Ok(self.counted(file))
    }

    /// Says that a record has come whole.
    pub(super) fn record_ended(&self) {
        self.0.whole.store(self.0.read.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

/// A reader whose bytes are counted, and that ends where one record takes more than it may.
pub(super) struct Counted<R> {
    of: R,
    extent: Extent,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, to: &mut [u8]) -> Result<usize> {
        let got = self.of.read(to)?;
        let read = self.extent.0.read.fetch_add(got as u64, Ordering::Relaxed) + got as u64;
        if read - self.extent.0.whole.load(Ordering::Relaxed) > LONGEST_RECORD {
            let told = format!("a record takes more than {} MiB", LONGEST_RECORD >> 20);
            return Err(Error::new(ErrorKind::InvalidData, told));
        }
        Ok(got)
    }
}
