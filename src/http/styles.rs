//! The MapLibre style of the catalogue.

use axum::extract::State;
use axum::http::HeaderMap;

use super::caller::Caller;
use super::extract::{Params, Path};
use super::respond::{Answer, base_url};
use super::{AppState, Problem};
use crate::catalog::style::{Theme, style};
use crate::domain::Lang;

/// `GET /styles/{theme}`: `light` or `dark`.
pub(super) async fn read_style(
    State(state): State<AppState>,
    caller: Caller,
    Path(theme): Path<String>,
    lang: Lang,
    headers: HeaderMap,
    params: Params,
) -> Result<Answer, Problem> {
    params.finish()?;
    let theme = match theme.as_str() {
        "light" => Theme::Light,
        "dark" => Theme::Dark,
        other => {
            let other: String = other.chars().take(40).collect();
            return Err(Problem::not_found(
                "style.not_found",
                format!("没有样式 {other}；可用：light、dark。"),
                format!("There is no style `{other}`; there are light and dark."),
            ));
        }
    };
    let snapshot = state.snapshot(&caller).await;
    let shown: Vec<_> =
        state.visible_layers(&caller).map(|(at, layer)| (layer, snapshot.attribution([at], lang))).collect();
    let style = style(&state.app.catalogue, theme, lang, &base_url(&headers), &shown);
    Ok(Answer::json(snapshot.revision(), &style))
}
