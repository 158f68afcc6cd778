//! Who is calling: asked once for every request, before any handler, from the session's cookie or a
//! token. What does not hold is refused with its reason and never taken for nobody.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use jiff::{SignedDuration, Timestamp};
use moka::future::Cache;

use super::attempts::{Attempts, Peer};
use super::problem::REQUEST_ID;
use super::{Access, AppState, Problem};
use crate::app::App;
use crate::app::members::{TOKEN_PREFIX, VIEW_TOKEN_PREFIX, actor_of, record};
use crate::auth::{Actor, Denied, Within};
use crate::catalog::{Catalogue, Sensitivity};
use crate::domain::{Action, LayerId, Sight};
use crate::store::StoreError;
use crate::store::accounts::{Accounts, SecretHash};

/// How long what the store said about a secret is believed. A change made by this program is known at
/// once, one made by another server within this time.
const BELIEVED_FOR: Duration = Duration::from_secs(1);

/// How often the same account's reading of a sensitive layer is noted.
const NOTED_EVERY: Duration = Duration::from_hours(1);

/// Secrets and notes remembered at the most.
const REMEMBERED: u64 = 10_000;

/// How often it is noted that a session or token is in use.
const USE_NOTED_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// Who is calling.
#[derive(Clone)]
pub(super) struct Caller {
    /// What they are called and granted.
    pub(super) actor: Arc<Actor>,
    /// What they see.
    pub(super) sight: Arc<Sight>,
    /// How they said who they are.
    pub(super) way: Way,
}

/// How somebody said who they are.
#[derive(Clone)]
pub(super) enum Way {
    /// Not at all.
    Nobody,
    /// By the cookie of a session.
    Session(Held),
    /// By a token.
    Token(Held),
    /// By a view token, which reads the map and does nothing else.
    ViewToken(Held),
}

/// A secret that somebody holds.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) secret: SecretHash,
    /// When it ends.
    pub(super) expires: Timestamp,
}

/// The kinds of secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Session,
    Token,
    ViewToken,
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // A route that asks who is calling stands behind `know`; if not, it is refused, not opened.
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Problem::internal(&OutsideTheDoor))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a route asks who is calling but does not stand behind the door")]
struct OutsideTheDoor;

/// What stands between a request and the handlers.
pub(super) struct Door {
    pub(super) access: Access,
    pub(super) attempts: Attempts,
    nobody: Caller,
    known: Cache<SecretHash, Option<Arc<Known>>>,
    noted: Cache<(String, usize), ()>,
}

/// What the store said about a secret.
struct Known {
    is_disabled: bool,
    caller: Caller,
    expires: Timestamp,
    used: Option<Timestamp>,
}

/// What a request says about who asks.
enum Shown {
    Nothing,
    Secret(Kind, SecretHash),
}

impl Door {
    pub(super) fn new(access: Access, catalogue: &Catalogue) -> Self {
        let nobody = Caller::new(Actor::anonymous(access.anonymous_grants(catalogue)), catalogue, Way::Nobody);
        Self {
            attempts: Attempts::new(access.attempts_a_minute),
            nobody,
            known: Cache::builder().max_capacity(REMEMBERED).time_to_live(BELIEVED_FOR).build(),
            noted: Cache::builder().max_capacity(REMEMBERED).time_to_live(NOTED_EVERY).build(),
            access,
        }
    }

    /// The caller who did not sign in.
    pub(super) const fn nobody(&self) -> &Caller {
        &self.nobody
    }

    /// Forgets what the store said: something about accounts has changed.
    pub(super) fn forget(&self) {
        self.known.invalidate_all();
    }

    /// The name of the cookie: `__Host-` binds it to this host over HTTPS.
    pub(super) const fn cookie_name(&self) -> &'static str {
        if self.access.secure_cookies { "__Host-platbook" } else { "platbook" }
    }

    /// A cookie that no script can read and no other site can send along with a write.
    pub(super) fn cookie(&self, name: &'static str, value: String) -> Cookie<'static> {
        Cookie::build((name, value))
            .path("/")
            .http_only(true)
            .secure(self.access.secure_cookies)
            .same_site(SameSite::Lax)
            .build()
    }

    /// A cookie that takes another back.
    pub(super) fn removal(&self, name: &'static str) -> Cookie<'static> {
        let mut cookie = self.cookie(name, String::new());
        cookie.make_removal();
        cookie
    }

    /// The order to a browser to forget its session.
    pub(super) fn taken_back(&self) -> CookieJar {
        CookieJar::new().add(self.removal(self.cookie_name()))
    }

    /// The secret of a session that a request brings.
    pub(super) fn session_of(&self, headers: &HeaderMap) -> Option<SecretHash> {
        CookieJar::from_headers(headers).get(self.cookie_name()).map(|cookie| SecretHash::of(cookie.value()))
    }

    fn shown(&self, headers: &HeaderMap) -> Result<Shown, Problem> {
        let Some(value) = headers.get(header::AUTHORIZATION) else {
            return Ok(self.session_of(headers).map_or(Shown::Nothing, |secret| Shown::Secret(Kind::Session, secret)));
        };
        let bearer = value.to_str().ok().and_then(|value| value.split_once(' '));
        let token = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
        match token {
            Some(token) if token.starts_with(TOKEN_PREFIX) => Ok(Shown::Secret(Kind::Token, SecretHash::of(token))),
            Some(token) if token.starts_with(VIEW_TOKEN_PREFIX) => {
                Ok(Shown::Secret(Kind::ViewToken, SecretHash::of(token)))
            }
            Some(_) => Err(unknown_token()),
            None => Err(Problem::unauthorized(
                "authorization.unreadable",
                "Authorization 应为 Bearer 与令牌（pbk_…）。",
                "`Authorization` is to be `Bearer` and a token (pbk_…).",
            )),
        }
    }

    /// Who a request comes from; what it brings must hold.
    pub(super) async fn caller(&self, app: &App, headers: &HeaderMap) -> Result<Caller, Problem> {
        let Shown::Secret(kind, secret) = self.shown(headers)? else { return Ok(self.nobody.clone()) };
        let is_cookie = kind == Kind::Session;
        let known = self.known(app, &secret, kind).await?;
        let known = known.ok_or_else(|| if is_cookie { session_ended() } else { unknown_token() })?;
        let now = Timestamp::now();
        if known.is_disabled {
            return Err(account_disabled());
        }
        if known.expires <= now {
            return Err(if is_cookie { session_ended() } else { expired_token(known.expires) });
        }
        if known.used.is_none_or(|used| now.duration_since(used) >= USE_NOTED_EVERY) {
            // Nobody is kept out because this cannot be written.
            if let Err(error) = app.store.accounts().note_use(&secret, now).await {
                tracing::warn!(error = %crate::error::chain(&error), "the use of a session or token is not noted");
            }
            self.known.invalidate(&secret).await;
        }
        Ok(known.caller.clone())
    }

    /// What the store says about a secret, or said a moment ago.
    async fn known(&self, app: &App, secret: &SecretHash, kind: Kind) -> Result<Option<Arc<Known>>, StoreError> {
        if let Some(known) = self.known.get(secret).await {
            return Ok(known);
        }
        let known = look_up(app.store.accounts(), &app.catalogue, secret, kind).await?;
        self.known.insert(secret.clone(), known.clone()).await;
        Ok(known)
    }

    /// Notes in the audit list that a sensitive layer is read: once for an account, a layer and an hour,
    /// before anything of it is answered.
    pub(super) async fn note_reading(
        &self,
        state: &AppState,
        caller: &Caller,
        layer: &str,
        id: &str,
    ) -> Result<(), Problem> {
        let position = layer.parse::<LayerId>().ok().and_then(|id| state.app.catalogue.position(&id));
        let Some(at) = position.filter(|&at| caller.sight.sees(at)) else { return Ok(()) };
        let is_sensitive = state.app.catalogue.layers[at].sensitivity == Sensitivity::Sensitive;
        let key = (caller.actor.name.clone(), at);
        if !is_sensitive || caller.actor.is_anonymous || self.noted.contains_key(&key) {
            return Ok(());
        }
        record(state.app.store.accounts(), &caller.actor.name, "layer.read", layer, id).await?;
        self.noted.insert(key, ()).await;
        Ok(())
    }
}

async fn look_up(
    accounts: &dyn Accounts,
    catalogue: &Catalogue,
    secret: &SecretHash,
    kind: Kind,
) -> Result<Option<Arc<Known>>, StoreError> {
    let held = |expires| Held { secret: secret.clone(), expires };
    let known = match kind {
        Kind::Session => accounts.session(secret).await?.map(|(session, account)| {
            let caller = Caller::new(actor_of(&account), catalogue, Way::Session(held(session.expires)));
            Known { is_disabled: account.disabled, caller, expires: session.expires, used: Some(session.used) }
        }),
        Kind::Token => accounts.token(secret).await?.map(|(token, account)| {
            let actor = actor_of(&account).limited_to(token.scopes);
            let caller = Caller::new(actor, catalogue, Way::Token(held(token.expires)));
            Known { is_disabled: account.disabled, caller, expires: token.expires, used: token.used }
        }),
        Kind::ViewToken => accounts.view_token(secret).await?.map(|(token, account)| {
            let actor = actor_of(&account).viewing(Within { layers: token.layers, division: token.division });
            let caller = Caller::new(actor, catalogue, Way::ViewToken(held(token.expires)));
            // It lasts too short for anybody to ask when it was used: nothing is to be noted before it ends.
            Known { is_disabled: account.disabled, caller, expires: token.expires, used: Some(token.expires) }
        }),
    };
    Ok(known.map(Arc::new))
}

impl Caller {
    /// An actor with what they see of a catalogue.
    pub(super) fn new(actor: Actor, catalogue: &Catalogue, way: Way) -> Self {
        let sight = Arc::new(Sight::of(catalogue, &actor));
        Self { actor: Arc::new(actor), sight, way }
    }

    /// Refuses who did not sign in, before anything that they sent is read.
    pub(super) fn signed_in_to(&self, action: Action) -> Result<(), Problem> {
        if self.actor.is_anonymous { Err(Denied::SignInFirst { action }.into()) } else { Ok(()) }
    }
}

/// Finds out who is calling, lets the request on with them, and marks the answer as theirs.
pub(super) async fn know(
    State(state): State<AppState>,
    params: Result<RawPathParams, RawPathParamsRejection>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = Peer::of(request.extensions(), request.headers());
    let caller = match state.door.caller(&state.app, request.headers()).await {
        Ok(caller) => caller,
        Err(problem) => return refuse(&state, request.headers(), problem, peer),
    };
    let id = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    // A path that cannot be decoded is refused by whoever reads it.
    let params: Vec<(&str, &str)> = params.iter().flatten().collect();
    let named = params.iter().filter(|(name, _)| matches!(*name, "layer" | "layers"));
    // Some doors name layers in the query.
    let query = request.uri().query().unwrap_or_default().to_owned();
    let asked =
        query.split('&').filter_map(|pair| pair.strip_prefix("layer=").or_else(|| pair.strip_prefix("layers=")));
    let asked: Vec<String> = asked.map(|ids| ids.replace("%2C", ",").replace("%2c", ",")).collect();
    let asked = asked.iter().flat_map(|ids| ids.split(','));
    for layer in named.flat_map(|(_, ids)| ids.split(',')).chain(asked) {
        if let Err(problem) = state.door.note_reading(&state, &caller, layer, &id).await {
            return problem.into_response();
        }
    }
    request.extensions_mut().insert(caller.clone());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if !headers.contains_key(header::CACHE_CONTROL) {
        let caching = if caller.actor.is_anonymous { "no-cache" } else { "private, no-cache" };
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
        headers.append(header::VARY, HeaderValue::from_static("Cookie, Authorization"));
    }
    response
}

/// Keeps view tokens out of what is not the map: people, imports, webhooks.
pub(super) async fn not_by_view_token(caller: Caller, request: Request, next: Next) -> Response {
    match caller.way {
        Way::ViewToken(_) => super::view_tokens::not_by_view_token().into_response(),
        _ => next.run(request).await,
    }
}

/// Says why; too many refusals are a reason of their own. A cookie that does not hold is taken back, so
/// that the next request comes from nobody, who knows that they are.
fn refuse(state: &AppState, headers: &HeaderMap, problem: Problem, peer: Peer) -> Response {
    if !problem.is_about_who() {
        return problem.into_response();
    }
    if let Err(too_many) = state.door.attempts.unnamed(peer) {
        return too_many.into_response();
    }
    let by_cookie = !headers.contains_key(header::AUTHORIZATION);
    if by_cookie { (state.door.taken_back(), problem).into_response() } else { problem.into_response() }
}

fn session_ended() -> Problem {
    Problem::unauthorized("session.ended", "会话已结束；请重新登录。", "This session has ended; sign in again.")
}

fn unknown_token() -> Problem {
    Problem::unauthorized(
        "token.unknown",
        "此服务器不认识该令牌；请检查是否完整，或重新生成。",
        "This server does not know the token; see that it is whole, or make a new one.",
    )
}

fn expired_token(at: Timestamp) -> Problem {
    Problem::unauthorized(
        "token.expired",
        format!("令牌已于 {at:.0} 过期；请重新生成。"),
        format!("The token ended at {at:.0}; make a new one."),
    )
}

fn account_disabled() -> Problem {
    Problem::unauthorized(
        "account.disabled",
        "该账号已停用；请联系管理员。",
        "This account is shut out; ask an administrator.",
    )
}
