//! What tests stand on.

mod people;
pub(crate) mod postgres;
mod program;
mod provider;
mod receiver;
mod server;
mod town;

use std::sync::Arc;

use platbook::catalog::Catalogue;

pub(crate) use people::{PASSWORD, ROLES, grant};
pub(crate) use program::{Program, platbook, refusal, refusal_of, success, success_of};
pub(crate) use provider::{Browser, SignOnProvider};
pub(crate) use receiver::{Delivery, Receiver};
pub(crate) use server::{Answer, TestApp};
pub(crate) use town::{PLATES, SOUTH_WEST, STATUSES, TOWNSHIPS, VILLAGES};

/// An HTTP client that follows no redirects.
pub(crate) fn client() -> reqwest::Client {
    // Another test may have chosen the cryptography already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// The catalogue of the repository.
pub(crate) fn small_catalogue() -> Arc<Catalogue> {
    use std::sync::OnceLock;
    static CATALOGUE: OnceLock<Arc<Catalogue>> = OnceLock::new();
    Arc::clone(CATALOGUE.get_or_init(|| Arc::new(Catalogue::embedded().expect("the built-in catalogue is sound"))))
}
