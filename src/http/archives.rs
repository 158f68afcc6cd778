//! Archives of tiles: for maps without a server, and for devices that are often without one.

use std::io;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tempfile::NamedTempFile;
use tokio_util::io::ReaderStream;

use super::asked::Waiting;
use super::caller::Caller;
use super::extract::{Params, Path};
use super::respond::{REVISION, mark_sharing};
use super::tiles::layer_set;
use super::{AppState, Problem};
use crate::app::TileLimits;
use crate::domain::Bbox;
use crate::exchange::{Archive, ArchiveError, ArchiveFormat, Zooms};
use crate::index::Stop;

/// Bytes that are sent together.
const CHUNK: usize = 64 << 10;

/// `GET /tiles/{layers}/archive?f=&zooms=&bbox=`: the tiles of a comma list of layers as one file. It is drawn first and
/// sent then, so that what cannot be drawn is said instead of broken off.
pub(super) async fn read_archive(
    State(state): State<AppState>,
    caller: Caller,
    Path(layers): Path<String>,
    mut params: Params,
) -> Result<Response, Problem> {
    let at = layer_set(&state, &caller, &layers)?.layers();
    let format = params.parse("f", ("pmtiles 或 mbtiles", "pmtiles or mbtiles"))?.unwrap_or(ArchiveFormat::PmTiles);
    let zooms: Option<Zooms> = params.parse("zooms", ("两个级别，如 8-15", "two zooms, such as 8-15"))?;
    let within: Option<Bbox> = params.coordinates("bbox")?;
    params.finish()?;
    let seat = state.archives.take(caller.actor.is_anonymous)?;
    let snapshot = state.snapshot(&caller).await;
    let revision = snapshot.revision();
    let declared: Vec<_> = at.iter().map(|&at| &state.app.catalogue.layers[at]).collect();
    let is_public = declared.iter().all(|layer| layer.is_public());
    let zooms = zooms.unwrap_or_else(|| Zooms::of(declared.into_iter()));
    let stop = Stop::default();
    // Whoever goes away wants nothing drawn.
    let _waiting = Waiting::of(stop.clone());
    let drawn = tokio::task::spawn_blocking(move || {
        let _seat = seat;
        let file = NamedTempFile::new()?;
        let budget = TileLimits::default().budget_bytes;
        let progress = &|_, _| {};
        let archive = Archive { map: &snapshot, layers: &at, zooms, within, budget, progress, stop };
        archive.write(format, file.path())?;
        // Read from its first byte on; the name goes with `file`, the content stays until it is sent.
        Ok::<_, ArchiveError>(file.reopen()?)
    });
    let file = drawn.await.map_err(|error| Problem::internal(&error))?.map_err(|error| refused(&error))?;
    let internal = |error: io::Error| Problem::internal(&error);
    let bytes = file.metadata().map_err(internal)?.len();
    let name = format!("attachment; filename=\"{}-r{revision}.{}\"", layers.replace(',', "+"), format.name());
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(format.media_type())),
        (header::CONTENT_LENGTH, bytes.into()),
        (header::CONTENT_DISPOSITION, HeaderValue::try_from(name).map_err(|error| Problem::internal(&error))?),
        (REVISION, revision.0.into()),
    ];
    let body = Body::from_stream(ReaderStream::with_capacity(tokio::fs::File::from_std(file), CHUNK));
    let mut response = (headers, body).into_response();
    mark_sharing(response.headers_mut(), is_public);
    Ok(response)
}

fn refused(error: &ArchiveError) -> Problem {
    let title = ("无法生成瓦片包", "There is no such archive");
    let unusable =
        |code, zh: String| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, title, (zh, format!("{error}.")));
    match error {
        ArchiveError::Empty => unusable("archive.empty", "这些图层在此范围内没有要素。".to_owned()),
        ArchiveError::TooMany { zoom } => {
            unusable("archive.too_large", format!("到第 {zoom} 级时瓦片已过多；请减小最大级别，或用 bbox 限定范围。"))
        }
        ArchiveError::Stopped => Problem::busy(),
        ArchiveError::Io(_) | ArchiveError::PmTiles(_) | ArchiveError::MbTiles(_) => Problem::internal(error),
    }
}
