//! A layer as a file, in any format, as large as it is: written while it is sent, never held whole.

use std::io::{self, BufWriter, Write};
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::asked::read_query;
use super::caller::Caller;
use super::extract::{Params, Path};
use super::respond::{REVISION, mark_sharing};
use super::{AppState, Problem};
use crate::domain::Lang;
use crate::exchange::{Export, ExportError, Format, Headings};

/// Bytes that are sent together.
const CHUNK: usize = 64 << 10;

/// Chunks that may wait for a slow client.
const AHEAD: usize = 8;

/// `GET /collections/{layer}/export?f=`: all features that a question of items finds, as one file.
pub(super) async fn export_items(
    State(state): State<AppState>,
    caller: Caller,
    Path(layer): Path<String>,
    lang: Lang,
    mut params: Params,
) -> Result<Response, Problem> {
    let at = state.layer(&caller, &layer)?;
    let format = read_format(&mut params)?;
    let headings = match params.take("headings")?.as_deref() {
        None | Some("names") => Headings::Names,
        Some("titles") if format == Format::Csv => Headings::Titles(lang),
        Some(_) => {
            let (zh, en) =
                ("headings 可取 names、titles，只用于 csv。", "`headings` is names or titles, of `f=csv` only.");
            return Err(Problem::parameter("headings", zh, en));
        }
    };
    let gbk = match params.take("encoding")?.as_deref() {
        None | Some("utf-8") => false,
        Some("gbk") if format == Format::Shapefile => true,
        Some("gbk") => {
            let (zh, en) = ("encoding=gbk 只用于 shp。", "`encoding` is of `f=shp` only.");
            return Err(Problem::parameter("encoding", zh, en));
        }
        Some(_) => {
            return Err(Problem::parameter("encoding", "encoding 可取 utf-8、gbk。", "`encoding` is utf-8 or gbk."));
        }
    };
    let byte_order_mark = params.parse("bom", ("true 或 false", "true or false"))?.unwrap_or(false);
    for name in ["limit", "cursor", "properties"] {
        if params.peek(name).is_some() {
            let (zh, en) = (
                format!("导出没有参数 {name}：一次给出全部。"),
                format!("An export has no `{name}`: it is all of it."),
            );
            return Err(Problem::parameter(name, zh, en));
        }
    }
    let asked = read_query(params, &state.app.catalogue.layers[at], &state)?;
    let snapshot = state.snapshot_at(&caller, asked.moment).await?;
    let seat = state.exports.take(caller.actor.is_anonymous)?;

    let revision = snapshot.revision();
    let is_public = snapshot.catalogue().layers[at].is_public();
    let (sender, mut chunks) = mpsc::channel(AHEAD);
    let silent = Duration::from_secs(state.limits.head_timeout_s);
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        let _seat = seat;
        let items = snapshot.all_matching(at, &asked.query);
        let layer = &snapshot.catalogue().layers[at];
        let export = Export { layer, items: &items, crs: asked.crs, gbk, byte_order_mark, headings, progress: &|| {} };
        let mut out = BufWriter::with_capacity(CHUNK, Chunks { sender, silent, runtime });
        let written = export.write(format, &mut out).and_then(|()| Ok(out.flush()?));
        let Chunks { sender, .. } = out.into_parts().0;
        // Nobody listens when the client is what has gone.
        let _ = sender.blocking_send(written.map(|()| Part::End));
    });
    // What cannot be written at all is found out before an answer has begun.
    let first = next_of(&mut chunks).await.transpose().map_err(refused)?;
    // Where there is no first there is no other.
    let chunks = first.is_some().then_some(chunks);
    let rest = stream::unfold(chunks, |chunks| async move {
        let mut chunks = chunks?;
        next_of(&mut chunks).await.map(|one| (one, Some(chunks)))
    });
    // Whoever compresses asks once more after the end.
    let body = Body::from_stream(stream::iter(first.map(Ok)).chain(rest).fuse().inspect(|chunk| {
        if let Err(error) = chunk {
            tracing::warn!(%error, "an export was broken off");
        }
    }));
    let name = format!("attachment; filename=\"{layer}-r{revision}.{}\"", format.extension());
    let disposition = HeaderValue::try_from(name).unwrap_or(HeaderValue::from_static("attachment"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(format.media_type())),
        (header::CONTENT_DISPOSITION, disposition),
        (REVISION, revision.0.into()),
    ];
    let mut response = (headers, body).into_response();
    mark_sharing(response.headers_mut(), is_public);
    Ok(response)
}

fn read_format(params: &mut Params) -> Result<Format, Problem> {
    let known = Format::names();
    let named = params.take("f")?.ok_or_else(|| {
        Problem::parameter(
            "f",
            format!("缺少参数 f；可取：{known}。"),
            format!("`f` is missing; it is one of: {known}."),
        )
    })?;
    named.parse().map_err(|_| Problem::parameter("f", format!("f 可取：{known}。"), format!("`f` is one of: {known}.")))
}

/// A part of what is written.
enum Part {
    Bytes(Bytes),
    /// All has been written.
    End,
}

/// What comes next; none at the end. Whoever writes says when that is: who says nothing has failed, and half a file
/// is never taken for a whole one.
async fn next_of(parts: &mut mpsc::Receiver<Result<Part, ExportError>>) -> Option<Result<Bytes, ExportError>> {
    match parts.recv().await {
        Some(Ok(Part::Bytes(bytes))) => Some(Ok(bytes)),
        Some(Ok(Part::End)) => None,
        Some(Err(error)) => Some(Err(error)),
        None => Some(Err(io::Error::other("the export ended without an end").into())),
    }
}

/// What is written, as chunks of a body.
struct Chunks {
    sender: mpsc::Sender<Result<Part, ExportError>>,
    /// How long a client may take nothing.
    silent: Duration,
    runtime: Handle,
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = tokio::time::timeout(self.silent, self.sender.send(Ok(Part::Bytes(Bytes::copy_from_slice(bytes)))));
        match self.runtime.block_on(sent) {
            Ok(Ok(())) => Ok(bytes.len()),
            Ok(Err(_)) => Err(io::Error::new(io::ErrorKind::BrokenPipe, "the client has gone")),
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn refused(error: ExportError) -> Problem {
    let title = ("无法导出", "It cannot be exported");
    match &error {
        ExportError::NoCrs(format) => {
            let zh = format!("{} 只有经纬度；请去掉 crs。", format.name());
            Problem::parameter("crs", zh, format!("`crs`: {error}."))
        }
        ExportError::Crs { .. } => {
            Problem::parameter("crs", format!("坐标无法换算：{error}。"), format!("`crs`: {error}."))
        }
        ExportError::TooMuch { format, features, most } => {
            let zh =
                format!("{} 个要素超过 {} 的上限（{most}）；请用 gpkg 或 fgb，或分区导出。", features, format.name());
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "export.too_large", title, (zh, format!("{error}.")))
        }
        ExportError::Io(_) | ExportError::Format { .. } => Problem::internal(&error),
    }
}
