//! View tokens: what a map in a page of another site reads with. Short-lived, for reading only, limited to some
//! layers and one division, and never wider than what made them.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;

use super::body::Body;
use super::caller::{Caller, Way};
use super::respond::Answer;
use super::users::record_by;
use super::{AppState, Problem};
use crate::app::members;
use crate::auth::{Denied, Within};
use crate::domain::{Action, DivisionCode, LayerId, LayerSight};
use crate::store::accounts::ViewToken;

/// The longest a view token may last, minutes.
pub(super) const LONGEST: u16 = 60;

/// View tokens of one account that hold at the same time.
const MOST: u32 = 1_000;

/// A view token to be.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewViewToken {
    layers: BTreeSet<LayerId>,
    /// Where; none: in the whole city.
    division: Option<DivisionCode>,
    minutes: u16,
}

/// `POST /view-tokens`
pub(super) async fn create_view_token(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Body(new): Body<NewViewToken>,
) -> Result<Response, Problem> {
    caller.signed_in_to(Action::Read)?;
    if !(1..=LONGEST).contains(&new.minutes) || new.layers.is_empty() {
        let error = format!("a view token names at least one layer and lasts 1 to {LONGEST} minutes");
        return Err(Problem::unusable_body(&error));
    }
    let city = state.app.catalogue.city.code;
    let division = new.division.unwrap_or(city);
    if !city.contains(division) {
        return Err(Problem::unusable_body(&format!("the division {division} does not lie in {city}")));
    }
    for id in &new.layers {
        let at = state.layer(&caller, id.as_str())?;
        if caller.sight.layer(at).clone().narrowed_to(division) == LayerSight::Nothing {
            return Err(Denied::DivisionNotGranted { action: Action::Read, division: Some(division) }.into());
        }
    }
    let subject = new.layers.iter().map(LayerId::as_str).collect::<Vec<_>>().join(",");
    let within = Within { layers: Some(new.layers), division };
    let (shown, token) = mint(&state, &caller, within, SignedDuration::from_mins(i64::from(new.minutes))).await?;
    record_by(&state, &headers, &caller.actor.name, "view-token.created", &subject).await?;
    let body = json!({
        "token": shown, "account": token.account, "layers": token.layers, "division": token.division,
        "created": token.created, "expires": token.expires,
    });
    Ok((StatusCode::CREATED, Answer::json(state.app.revision(), &body)).into_response())
}

/// Makes a view token that ends with what its maker came with, and outlives it in no case.
pub(super) async fn mint(
    state: &AppState,
    caller: &Caller,
    within: Within,
    lasts: SignedDuration,
) -> Result<(String, ViewToken), Problem> {
    if !caller.actor.in_scope(Action::Read) {
        return Err(Denied::TokenLacksScope { action: Action::Read }.into());
    }
    let (Way::Session(maker) | Way::Token(maker)) = &caller.way else {
        return Err(not_by_view_token());
    };
    let account = caller.actor.name.parse().map_err(|_| Denied::SignInFirst { action: Action::Read })?;
    let now = Timestamp::now();
    let token = ViewToken {
        secret: maker.secret.clone(),
        account,
        maker: maker.secret.clone(),
        layers: within.layers,
        division: within.division,
        created: now,
        expires: (now + lasts).min(maker.expires),
    };
    let made = members::create_view_token(state.app.store.accounts(), token, MOST).await?;
    made.ok_or_else(|| {
        let detail = (
            format!("该账号同时有效的视图令牌已达 {MOST} 个；请复用，或等待旧的过期。"),
            format!("{MOST} view tokens of this account hold already; use one of them, or wait until some have ended."),
        );
        let title = ("视图令牌过多", "Too many view tokens");
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "view_token.too_many", title, detail).again_after(60)
    })
}

/// Refuses a view token where it is asked for more than the map.
pub(super) fn not_by_view_token() -> Problem {
    let detail = ("视图令牌只能读取地图。".to_owned(), "A view token reads the map, and nothing else.".to_owned());
    Problem::new(StatusCode::FORBIDDEN, "access.view_token", ("无权操作", "This token may not do that"), detail)
}
