//! The MapLibre style of the catalogue.

use axum::extract::State;
use axum::http::HeaderMap;

use super::caller::Caller;
use super::extract::{Params, Path};
use super::respond::{Answer, base_url};
use super::{AppState, Problem};
use crate::catalog::Layer;
use crate::catalog::basemap::{Flavour, basemap_style};
use crate::catalog::style::{Theme, style};
use crate::domain::Lang;

/// `GET /styles/{theme}`: `light` or `dark`; of the base map `base-light`, `base-dark`, `base-overlay`.
pub(super) async fn read_style(
    State(state): State<AppState>,
    caller: Caller,
    Path(theme): Path<String>,
    lang: Lang,
    headers: HeaderMap,
    params: Params,
) -> Result<Answer, Problem> {
    params.finish()?;
    let snapshot = state.snapshot(&caller).await;
    if let Some(flavour) = Flavour::ALL.into_iter().find(|flavour| theme.strip_prefix("base-") == Some(flavour.name()))
    {
        let (positions, shown): (Vec<usize>, Vec<&Layer>) =
            state.visible_layers(&caller).filter(|(_, layer)| layer.basemap).unzip();
        let attribution = snapshot.attribution(positions, lang);
        let style = basemap_style(&state.app.catalogue, flavour, lang, &base_url(&headers), (&shown, &attribution));
        return Ok(Answer::json(snapshot.revision(), &style));
    }
    let theme = match theme.as_str() {
        "light" => Theme::Light,
        "dark" => Theme::Dark,
        other => {
            let other: String = other.chars().take(40).collect();
            return Err(Problem::not_found(
                "style.not_found",
                format!("没有样式 {other}；可用：light、dark、base-light、base-dark、base-overlay。"),
                format!("There is no style `{other}`; there are light, dark, base-light, base-dark and base-overlay."),
            ));
        }
    };
    let shown: Vec<_> =
        state.visible_layers(&caller).map(|(at, layer)| (layer, snapshot.attribution([at], lang))).collect();
    let style = style(&state.app.catalogue, theme, lang, &base_url(&headers), &shown);
    Ok(Answer::json(snapshot.revision(), &style))
}
