//! What tests stand on.

pub(crate) mod postgres;
mod program;
mod server;
mod town;

use std::sync::Arc;

use platbook::catalog::Catalogue;

pub(crate) use program::{Program, platbook, refusal, success};
pub(crate) use server::{Answer, TestApp};
pub(crate) use town::{PLATES, SOUTH_WEST, STATUSES, TOWNSHIPS, VILLAGES};

/// The catalogue of the repository.
pub(crate) fn small_catalogue() -> Arc<Catalogue> {
    use std::sync::OnceLock;
    static CATALOGUE: OnceLock<Arc<Catalogue>> = OnceLock::new();
    Arc::clone(CATALOGUE.get_or_init(|| Arc::new(Catalogue::embedded().expect("the built-in catalogue is sound"))))
}
