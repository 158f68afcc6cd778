//! The same print from the address: what the map shows, as PDF or PNG (docs/PRINT.md).

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use reqwest::Url;
use serde_json::Value;

use super::caller::{Caller, Way};
use super::extract::Params;
use super::{AppState, Problem, view_tokens, views};
use crate::auth::Within;
use crate::domain::Lang;
use crate::print::{Format, Orientation, Paper, PrintError, Secret, Sheet};
use crate::store::accounts::SecretHash;

/// The page that is printed.
const PAGE: &str = "/print.html";

/// Pixels of an inch, at the least, when no number is named, and at the most.
pub(super) const DPI: (u16, u16, u16) = (72, 150, 300);

/// Scales, as the number behind `1:`, at the least and at the most.
pub(super) const SCALE: (u32, u32) = (100, 10_000_000);

/// Letters of a title at the most.
pub(super) const TITLE: usize = 100;

/// What somebody wants printed.
struct Wanted {
    /// The text behind `#` in the map's address.
    hash: String,
    state: Option<Value>,
    paper: Paper,
    orientation: Orientation,
    format: Format,
    dpi: u16,
    scale: Option<u32>,
    title: Option<String>,
    lang: Lang,
}

/// `GET /print?state=…`, or `view=…` for a saved view.
pub(super) async fn read_print(
    State(state): State<AppState>,
    caller: Caller,
    lang: Lang,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Problem> {
    let wanted = wanted(&state, &caller, lang, params).await?;
    state.printer.is_ready()?;
    let (token, minted) = token(&state, &caller, &headers).await?;
    let sheet = Sheet {
        page: wanted.page()?,
        token,
        state: wanted.state,
        paper: wanted.paper,
        orientation: wanted.orientation,
        dpi: wanted.dpi,
        format: wanted.format,
    };
    let printed = state.printer.print(sheet, caller.actor.is_anonymous).await;
    if let Some(minted) = minted {
        // Else it ends by itself in a minute.
        if let Err(error) = state.app.store.accounts().end_view_token(&minted).await {
            tracing::warn!(error = %crate::error::chain(&error), "the view token of a print is not ended");
        }
    }
    let name = format!("inline; filename=\"platbook.{}\"", wanted.format.name());
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(wanted.format.media_type())),
        (header::CONTENT_DISPOSITION, HeaderValue::try_from(name).map_err(|error| Problem::internal(&error))?),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, printed?).into_response())
}

async fn wanted(state: &AppState, caller: &Caller, lang: Lang, mut params: Params) -> Result<Wanted, Problem> {
    let (hash, view) = (params.take("state")?, params.take("view")?);
    let paper = params.parse("paper", ("A4、A3、A2 之一", "A4, A3 or A2"))?.unwrap_or(Paper::A4);
    let orientation = ("portrait、landscape 之一", "portrait or landscape");
    let orientation = params.parse("orientation", orientation)?.unwrap_or(Orientation::Landscape);
    let format = params.parse("format", ("pdf、png 之一", "pdf or png"))?.unwrap_or(Format::Pdf);
    let dpi = within(&mut params, "dpi", (u32::from(DPI.0), u32::from(DPI.2)))?;
    let scale = within(&mut params, "scale", SCALE)?;
    let title = params.take("title")?;
    params.finish()?;
    if title.as_ref().is_some_and(|title| title.chars().count() > TITLE) {
        let (zh, en) = (format!("title 最多 {TITLE} 个字符。"), format!("`title` has at most {TITLE} characters."));
        return Err(Problem::parameter("title", zh, en));
    }
    let (hash, state) = match (hash, view) {
        (Some(hash), None) => (hash, None),
        (None, Some(id)) => match views::find(state, caller, &id).await?.1 {
            Value::String(hash) => (hash, None),
            content => (String::new(), Some(content)),
        },
        _ => {
            let zh = "请给出 state（地图地址中 # 之后的部分）或 view（保存的视图）之一。";
            let en = "Name `state`, what stands behind # in the map's address, or `view`, a saved one.";
            return Err(Problem::parameter("state", zh, en));
        }
    };
    let dpi = dpi.and_then(|dpi| u16::try_from(dpi).ok()).unwrap_or(DPI.1);
    Ok(Wanted { hash, state, paper, orientation, format, dpi, scale, title, lang })
}

/// Takes a whole number between two.
fn within(params: &mut Params, name: &str, (least, most): (u32, u32)) -> Result<Option<u32>, Problem> {
    let found: Option<u32> = params.parse(name, ("整数", "a whole number"))?;
    if found.is_some_and(|found| !(least..=most).contains(&found)) {
        let (zh, en) = (format!("{name} 应在 {least} 至 {most} 之间。"), format!("`{name}` is {least} to {most}."));
        return Err(Problem::parameter(name, zh, en));
    }
    Ok(found)
}

impl Wanted {
    /// The page's address, from the server's root on.
    fn page(&self) -> Result<String, Problem> {
        // The host is left out again; it is there to write the rest by.
        const HOST: &str = "http://localhost";
        let mut url = Url::parse(HOST).map_err(|error| Problem::internal(&error))?;
        url.set_path(PAGE);
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("paper", self.paper.name()).append_pair("orientation", self.orientation.name());
            query.append_pair("dpi", &self.dpi.to_string()).append_pair("format", self.format.name());
            query.append_pair("lang", if self.lang == Lang::En { "en" } else { "zh" });
            if let Some(scale) = self.scale {
                query.append_pair("scale", &scale.to_string());
            }
            if let Some(title) = &self.title {
                query.append_pair("title", title);
            }
        }
        url.set_fragment(Some(self.hash.strip_prefix('#').unwrap_or(&self.hash)));
        Ok(url.as_str().trim_start_matches(HOST).to_owned())
    }
}

/// What the page reads with: as much as who asks, and for as long as the print may take. What is to be ended after
/// comes with it.
async fn token(
    state: &AppState,
    caller: &Caller,
    headers: &HeaderMap,
) -> Result<(Option<Secret>, Option<SecretHash>), Problem> {
    if matches!(caller.way, Way::Nobody) {
        return Ok((None, None));
    }
    if matches!(caller.way, Way::ViewToken(_)) {
        let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let own = bearer.and_then(|bearer| bearer.split_once(' ')).map(|(_, token)| token.trim().to_owned());
        return Ok((own.map(Secret), None));
    }
    let everything = Within { layers: None, division: state.app.catalogue.city.code };
    let lasts = SignedDuration::try_from(state.printer.patience()).unwrap_or(SignedDuration::from_mins(1));
    let (shown, token) = view_tokens::mint(state, caller, everything, lasts).await?;
    Ok((Some(Secret(shown)), Some(token.secret)))
}

impl From<PrintError> for Problem {
    fn from(error: PrintError) -> Self {
        let (status, code, title, zh, en) = match &error {
            PrintError::NoBrowser => (
                StatusCode::NOT_IMPLEMENTED,
                "print.no_browser",
                ("服务器不能打印", "This server cannot print"),
                "服务器上没有 Chromium；请安装（Debian：apt install chromium），或在配置 print.chromium 中注明其路径。也可在浏览器中打印。".to_owned(),
                "There is no Chromium on the server: install one (Debian: apt install chromium), or name it in the setting `print.chromium`. The browser at hand prints too.".to_owned(),
            ),
            PrintError::NoSandbox => (
                StatusCode::NOT_IMPLEMENTED,
                "print.no_sandbox",
                ("服务器不能打印", "This server cannot print"),
                "服务器以 root 运行，Chromium 无法使用沙箱；请以普通用户运行，或设 print.sandbox = false。".to_owned(),
                "The server runs as root, where Chromium has no sandbox: run it as another user, or set `print.sandbox = false`.".to_owned(),
            ),
            PrintError::Busy => (
                StatusCode::SERVICE_UNAVAILABLE,
                "print.busy",
                ("服务器繁忙", "The server is busy"),
                "正在打印的任务已满；请稍后重试。".to_owned(),
                "Enough prints are being made; try again in a moment.".to_owned(),
            ),
            PrintError::TimedOut(seconds) => (
                StatusCode::GATEWAY_TIMEOUT,
                "print.timeout",
                ("打印超时", "The print took too long"),
                format!("{seconds} 秒内未能完成；请减少图层、缩小纸张或降低 dpi 后重试。"),
                format!("It was not ready after {seconds} seconds; take fewer layers, a smaller sheet or less `dpi`."),
            ),
            PrintError::Page(why) => (
                StatusCode::BAD_GATEWAY,
                "print.page",
                ("页面无法打印", "The page cannot be printed"),
                format!("页面无法打印：{why}"),
                format!("The page cannot be printed: {why}"),
            ),
            PrintError::Browser(_) => {
                tracing::error!(%error, "a print failed");
                (
                    StatusCode::BAD_GATEWAY,
                    "print.failed",
                    ("打印失败", "The print failed"),
                    "Chromium 出错；请重试，若仍出现请附上请求编号反馈。".to_owned(),
                    "Chromium failed; try again, and report the request id if it goes on.".to_owned(),
                )
            }
        };
        let problem = Self::new(status, code, title, (zh, en));
        if matches!(error, PrintError::Busy) { problem.again_after(5) } else { problem }
    }
}
