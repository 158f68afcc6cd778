//! What tests stand on.

pub(crate) mod postgres;
mod program;

use std::sync::Arc;

use platbook::catalog::Catalogue;

pub(crate) use program::{Program, platbook, refusal, success};

/// The catalogue of the repository.
pub(crate) fn small_catalogue() -> Arc<Catalogue> {
    use std::sync::OnceLock;
    static CATALOGUE: OnceLock<Arc<Catalogue>> = OnceLock::new();
    Arc::clone(CATALOGUE.get_or_init(|| Arc::new(Catalogue::embedded().expect("the built-in catalogue is sound"))))
}
