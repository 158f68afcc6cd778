//! How often somebody may try: signing in by name and by address, and tokens that do not hold.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::Problem;

/// Addresses try for many people: a whole office stands behind one.
const NAMES_AT_AN_ADDRESS: u32 = 10;

/// A name is tried from several places at once only by somebody who guesses.
const PLACES_OF_A_NAME: u32 = 10;

/// Entries after which those that have rested are forgotten.
const MANY: usize = 10_000;

/// What is counted.
///
/// Who tries a name from many places is slowed down as well as who tries it from one; but whoever does it from one
/// place keeps nobody out who signs in from another.
pub(super) struct Attempts {
    names: DefaultKeyedRateLimiter<String>,
    names_at_peers: DefaultKeyedRateLimiter<(String, IpAddr)>,
    peers: DefaultKeyedRateLimiter<IpAddr>,
}

impl Attempts {
    /// So many by one name in a minute.
    pub(super) fn new(a_minute: u32) -> Self {
        let of = |number: u32| Quota::per_minute(NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN));
        Self {
            names: RateLimiter::keyed(of(a_minute.saturating_mul(PLACES_OF_A_NAME))),
            names_at_peers: RateLimiter::keyed(of(a_minute)),
            peers: RateLimiter::keyed(of(a_minute.saturating_mul(NAMES_AT_AN_ADDRESS))),
        }
    }

    /// Counts an attempt to sign in, before anything is looked at.
    pub(super) fn sign_in(&self, name: &str, peer: Peer) -> Result<(), Problem> {
        let name: String = name.chars().take(64).collect();
        counted(&self.peers, &peer.0)?;
        counted(&self.names_at_peers, &(name.clone(), peer.0))?;
        counted(&self.names, &name)
    }

    /// Counts what is not about a name: a token or session that does not hold, a way to the single sign-on.
    pub(super) fn unnamed(&self, peer: Peer) -> Result<(), Problem> {
        counted(&self.peers, &peer.0)
    }
}

fn counted<K: std::hash::Hash + Eq + Clone>(limiter: &DefaultKeyedRateLimiter<K>, key: &K) -> Result<(), Problem> {
    if limiter.len() > MANY {
        limiter.retain_recent();
    }
    limiter.check_key(key).map_err(|until| {
        let wait = until.wait_time_from(DefaultClock::default().now());
        Problem::too_many_attempts(wait.as_secs() as u32 + 1)
    })
}

/// The address that asks; of a known proxy, the one that it asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(IpAddr);

impl Peer {
    /// From what the socket and the headers say.
    pub(super) fn of(extensions: &Extensions, headers: &HeaderMap) -> Self {
        let socket = extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
        let socket = socket.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        // The last was written by the proxy that is known, on a line of its own or at the end of one.
        let forwarded = headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| value.to_str().ok());
        let last = forwarded.and_then(|list| list.rsplit(',').next()?.trim().parse().ok());
        Self(last.unwrap_or(socket))
    }
}

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&parts.extensions, &parts.headers))
    }
}
