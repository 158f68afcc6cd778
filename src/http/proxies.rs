//! What proxies say of requests (`X-Forwarded-For`, `-Host`, `-Proto`) is believed of those that are known; of anybody
//! else it is taken away before anything reads it.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use ipnet::IpNet;

const SAID: [&str; 4] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"];

/// Takes away what nobody who is known has said.
pub(super) async fn believe(State(known): State<Arc<[IpNet]>>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip().to_canonical());
    if !peer.is_some_and(|peer| known.iter().any(|network| network.contains(&peer))) {
        for name in SAID {
            request.headers_mut().remove(name);
        }
    }
    next.run(request).await
}
