//! `platbook serve`.

use std::net::SocketAddr;
use std::time::Duration;

use axum_server::Handle;
use axum_server::accept::NoDelayAcceptor;
use hyper_util::rt::TokioTimer;
use tokio::net::TcpListener;

use super::{CliError, open_store, progress, read_catalogue, say, start_log};
use crate::app::App;
use crate::config::Config;
use crate::http;
use crate::print::Printer;
use crate::webhooks::Courier;

/// Serves until the process is told to stop; requests under way are finished first.
pub(super) async fn serve(config: Config) -> Result<(), CliError> {
    start_log(config.log);
    let catalogue = read_catalogue(&config)?;
    config.access.check(&catalogue)?;
    if let Some(role) = &config.access.anonymous_role {
        tracing::warn!(%role, "who does not sign in has this role everywhere; this is for demonstrations");
    }
    let bind = |source| CliError::Bind { listen: config.listen, source };
    let listener = TcpListener::bind(config.listen).await.map_err(bind)?;
    let store = open_store(&config, true).await?;
    if store.accounts().accounts().await?.is_empty() && config.access.oidc.is_none() {
        tracing::info!("nobody can sign in yet; `platbook user add NAME --role administrator` makes an account");
    }
    let started = std::time::Instant::now();
    let counter = progress::counter("reading");
    let app = App::start(catalogue, store, config.tiles, |read| counter.set_position(read)).await?;
    counter.finish_and_clear();
    let snapshot = app.snapshot();
    let features: u64 = (0..app.catalogue.layers.len()).map(|layer| snapshot.count(layer)).sum();
    tracing::info!(
        features,
        revision = snapshot.revision().0,
        took_ms = started.elapsed().as_millis() as u64,
        "the index is built"
    );
    drop(snapshot);
    let address = listener.local_addr().map_err(bind)?;
    say(&format!("Platbook serves http://{address}/"))?;
    let running = std::sync::Arc::clone(&app);
    let courier = Courier::new(std::sync::Arc::clone(&app), config.webhooks).map_err(|error| CliError::Io {
        doing: "preparing webhooks".to_owned(),
        source: std::io::Error::other(error),
    })?;
    courier.start();
    let patience = Duration::from_secs(config.http.head_timeout_s);
    let grace = Duration::from_secs(config.http.timeout_s);
    let printer = Printer::new(config.print, address);
    let service = http::router(app, config.http, config.access, courier, printer)
        .into_make_service_with_connect_info::<SocketAddr>();
    let serving = |source| CliError::Io { doing: "serving".to_owned(), source };
    let handle = Handle::new();
    // The end of an answer and a lone event go out at once, not with what may follow.
    let listener = listener.into_std().map_err(serving)?;
    let mut server =
        axum_server::from_tcp(listener).map_err(serving)?.handle(handle.clone()).acceptor(NoDelayAcceptor).http1_only();
    // Who connects and does not ask is let go.
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(patience);
    tokio::spawn(async move {
        told_to_stop().await;
        running.stop();
        handle.graceful_shutdown(Some(grace));
    });
    server.serve(service).await.map_err(serving)?;
    tracing::info!("stopped");
    Ok(())
}

/// Ends when the process gets an interrupt or a termination signal.
async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping: requests under way are finished first");
}
