//! What tests stand on.

mod server;
mod town;

use std::sync::Arc;

use platbook::catalog::Catalogue;

pub use server::{Answer, TestApp};
pub use town::{PLATES, SOUTH_WEST, STATUSES, TOWNSHIPS, VILLAGES};

/// The catalogue of the repository.
pub fn small_catalogue() -> Arc<Catalogue> {
    use std::sync::OnceLock;
    static CATALOGUE: OnceLock<Arc<Catalogue>> = OnceLock::new();
    Arc::clone(CATALOGUE.get_or_init(|| Arc::new(Catalogue::embedded().expect("the built-in catalogue is sound"))))
}
