//! The city's single sign-on: OpenID Connect Core 1.0, authorization code flow (§3.1) with PKCE (RFC 7636).
//!
//! Between going there and coming back, the browser alone keeps what binds the two: state, nonce and
//! verifier, in a cookie. So any server of the same database can end what another began.

use std::pin::Pin;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::CookieJar;
use jiff::Timestamp;
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreGenderClaim, CoreProviderMetadata};
use openidconnect::{
    AdditionalClaims, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse, IssuerUrl,
    Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse, UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::attempts::Peer;
use super::extract::Params;
use super::respond::base_url;
use super::users::record_by;
use super::{AppState, Problem, session};
use crate::catalog::Catalogue;
use crate::domain::{AccountName, DivisionCode, Grant, LayerId, RoleId};
use crate::store::accounts::Account;

/// A provider of the single sign-on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Its issuer identifier, an address.
    pub issuer: String,
    /// What it calls this map.
    pub client_id: String,
    /// What it knows this map by; none for a public client. It is read, and never printed.
    #[serde(default, skip_serializing)]
    pub client_secret: Option<String>,
    /// Where it sends people back to; none: `/session/oidc/callback` of the address they came by.
    #[serde(default)]
    pub redirect: Option<String>,
    /// What is asked for besides `openid`.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// The claim that names the account.
    #[serde(default = "preferred_username")]
    pub name_claim: String,
    /// Which claims give which grants; who has none of them is not let in.
    #[serde(default)]
    pub grants: Vec<Mapping>,
}

fn preferred_username() -> String {
    "preferred_username".to_owned()
}

/// A claim and what it grants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The claim.
    pub claim: String,
    /// What it must say, or list.
    pub value: String,
    /// The role it grants.
    pub role: RoleId,
    /// The layers; none: all.
    #[serde(default)]
    pub layers: Option<Vec<LayerId>>,
    /// The division; none: the whole city.
    #[serde(default)]
    pub division: Option<DivisionCode>,
}

impl Mapping {
    /// The grant.
    pub fn grant(&self, catalogue: &Catalogue) -> Grant {
        Grant {
            role: self.role.clone(),
            layers: self.layers.as_ref().map(|layers| layers.iter().cloned().collect()),
            division: self.division.unwrap_or(catalogue.city.code),
        }
    }

    fn fits(&self, claims: &Map<String, Value>) -> bool {
        match claims.get(&self.claim) {
            Some(Value::String(text)) => *text == self.value,
            Some(Value::Array(list)) => list.iter().any(|value| value.as_str() == Some(&self.value)),
            _ => false,
        }
    }
}

/// The way to the provider.
pub(super) struct SignOn {
    provider: Provider,
    client: reqwest::Result<reqwest::Client>,
}

/// What the provider answers, in time.
type Asked = Pin<Box<dyn Future<Output = Result<HttpResponse, Unreachable>> + Send>>;

async fn ask(client: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, Unreachable> {
    let response = client.execute(request.try_into()?).await?;
    let mut built = axum::http::Response::builder().status(response.status());
    for (name, value) in response.headers() {
        built = built.header(name, value);
    }
    Ok(built.body(response.bytes().await?.to_vec())?)
}

/// Every claim as it came.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Claims {
    #[serde(flatten)]
    all: Map<String, Value>,
}

impl AdditionalClaims for Claims {}

/// What binds coming back to going there.
#[derive(Serialize, Deserialize)]
struct Journey {
    state: String,
    nonce: String,
    verifier: String,
}

/// The provider answered, but not with what the protocol asks for.
#[derive(Debug, thiserror::Error)]
#[error("the provider gave no ID token")]
struct NoIdToken;

/// What goes wrong on the way to the provider.
#[derive(Debug, thiserror::Error)]
enum Unreachable {
    #[error(transparent)]
    Client(#[from] reqwest::Error),
    #[error(transparent)]
    Answer(#[from] axum::http::Error),
}

/// Writes to the log what nobody outside must know.
fn log(doing: &'static str, error: &dyn std::error::Error) {
    tracing::warn!(error = %crate::error::chain(error), "the single sign-on failed while {doing}");
}

fn failed<E: std::error::Error>(doing: &'static str) -> impl Fn(E) -> Problem {
    move |error| {
        log(doing, &error);
        let zh = "单点登录未成功；请重试，若仍失败请联系管理员。";
        let en = "The single sign-on did not succeed; try again, and tell an administrator if it goes on.";
        Problem::unauthorized("sign_on.failed", zh, en)
    }
}

fn away<E: std::error::Error>(error: E) -> Problem {
    log("asking the provider about itself", &error);
    let detail = (
        "单点登录暂不可用；请稍后重试，或用本地账号。".to_owned(),
        "The single sign-on does not answer; try again later, or use a local account.".to_owned(),
    );
    let title = ("单点登录不可用", "The single sign-on is away");
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "sign_on.away", title, detail)
}

impl SignOn {
    /// A client of a provider. It follows no redirects: the provider itself is asked, nobody it names.
    pub(super) fn new(provider: Provider) -> Self {
        // Another part of the program may have chosen the cryptography already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let patience = std::time::Duration::from_secs(10);
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(patience).build();
        Self { provider, client }
    }

    /// How the protocol's library asks the provider.
    fn asking(&self) -> Result<impl Fn(HttpRequest) -> Asked + use<>, Problem> {
        let client = self.client.as_ref().map_err(|error| Problem::internal(error))?.clone();
        Ok(move |request| -> Asked { Box::pin(ask(client.clone(), request)) })
    }

    /// Asks the provider about itself and its keys; each time, so that new keys are known.
    async fn discover(&self) -> Result<CoreProviderMetadata, Problem> {
        let issuer = IssuerUrl::new(self.provider.issuer.clone()).map_err(failed("reading its address"))?;
        CoreProviderMetadata::discover_async(issuer, &self.asking()?).await.map_err(away)
    }

    fn redirect(&self, headers: &HeaderMap) -> Result<RedirectUrl, Problem> {
        let own = || format!("{}/session/oidc/callback", base_url(headers));
        RedirectUrl::new(self.provider.redirect.clone().unwrap_or_else(own)).map_err(failed("reading our own address"))
    }

    fn identity(&self) -> (ClientId, Option<ClientSecret>) {
        (ClientId::new(self.provider.client_id.clone()), self.provider.client_secret.clone().map(ClientSecret::new))
    }

    /// Trades the code for what the provider says about who came: the subject, and all claims.
    async fn claims(&self, headers: &HeaderMap, code: String, journey: Journey) -> Result<(String, Claims), Problem> {
        let (id, secret) = self.identity();
        let metadata = self.discover().await?;
        let core = CoreClient::from_provider_metadata(metadata, id, secret).set_redirect_uri(self.redirect(headers)?);
        let ask = self.asking()?;
        let tokens = core
            .exchange_code(AuthorizationCode::new(code))
            .map_err(failed("reading where codes are traded"))?
            .set_pkce_verifier(PkceCodeVerifier::new(journey.verifier))
            .request_async(&ask)
            .await
            .map_err(failed("trading the code"))?;
        let token = tokens.id_token().ok_or_else(|| failed("reading its answer")(NoIdToken))?;
        let checked = token.claims(&core.id_token_verifier(), &Nonce::new(journey.nonce));
        let subject = checked.map_err(failed("checking the ID token"))?.subject().clone();
        let asking = core
            .user_info(tokens.access_token().clone(), Some(subject.clone()))
            .map_err(failed("reading where claims are told"))?;
        let told: Result<UserInfoClaims<Claims, CoreGenderClaim>, _> = asking.request_async(&ask).await;
        let told = told.map_err(failed("asking for claims"))?;
        let mut all = Claims { all: told.additional_claims().all.clone() };
        if let Ok(Value::Object(standard)) = serde_json::to_value(told.standard_claims()) {
            all.all.extend(standard);
        }
        Ok((subject.to_string(), all))
    }
}

/// `GET /session/oidc`: to the provider.
pub(super) async fn begin_sign_on(
    State(state): State<AppState>,
    peer: Peer,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let sign_on = sign_on(&state)?;
    state.door.attempts.unnamed(peer)?;
    let (id, secret) = sign_on.identity();
    let metadata = sign_on.discover().await?;
    let client = CoreClient::from_provider_metadata(metadata, id, secret).set_redirect_uri(sign_on.redirect(&headers)?);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let mut asking =
        client.authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random);
    for scope in &sign_on.provider.scopes {
        asking = asking.add_scope(Scope::new(scope.clone()));
    }
    let (address, csrf, nonce) = asking.set_pkce_challenge(challenge).url();
    let journey =
        Journey { state: csrf.secret().clone(), nonce: nonce.secret().clone(), verifier: verifier.secret().clone() };
    let kept = [journey.state.as_str(), &journey.nonce, &journey.verifier].join(".");
    let cookie = state.door.cookie(cookie_name(&state), kept);
    Ok((CookieJar::new().add(cookie), [(header::CACHE_CONTROL, "no-store")], Redirect::to(address.as_str()))
        .into_response())
}

/// `GET /session/oidc/callback`: back from the provider, and in.
pub(super) async fn end_sign_on(
    State(state): State<AppState>,
    peer: Peer,
    headers: HeaderMap,
    mut params: Params,
) -> Result<Response, Problem> {
    let sign_on = sign_on(&state)?;
    state.door.attempts.unnamed(peer)?;
    let (code, told, error) = (params.take("code")?, params.take("state")?, params.take("error")?);
    let journey = journey_of(&state, &headers).filter(|journey| told.as_ref() == Some(&journey.state));
    let (Some(code), Some(journey), None) = (code, journey, error) else {
        let zh = "登录过程已中断或过期；请重新开始。";
        let en = "The way to the single sign-on and back was broken off or took too long; begin anew.";
        return Err(Problem::unauthorized("sign_on.broken_off", zh, en));
    };
    let (subject, claims) = sign_on.claims(&headers, code, journey).await?;
    let account = account_for(&state, sign_on, &headers, &subject, &claims).await?;
    let mut entered = session::enter(&state, &headers, &account).await?;
    *entered.status_mut() = StatusCode::SEE_OTHER;
    *entered.body_mut() = axum::body::Body::empty();
    for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH] {
        entered.headers_mut().remove(name);
    }
    entered.headers_mut().insert(header::LOCATION, header::HeaderValue::from_static("/"));
    if let Ok(done) = state.door.removal(cookie_name(&state)).to_string().parse() {
        entered.headers_mut().append(header::SET_COOKIE, done);
    }
    Ok(entered)
}

fn sign_on(state: &AppState) -> Result<&SignOn, Problem> {
    state.single_sign_on.as_ref().ok_or_else(|| {
        let (zh, en) = ("未配置单点登录；请用本地账号。", "No single sign-on is set up; use a local account.");
        Problem::not_found("sign_on.none", zh, en)
    })
}

fn cookie_name(state: &AppState) -> &'static str {
    if state.door.access.secure_cookies { "__Host-platbook-oidc" } else { "platbook-oidc" }
}

fn journey_of(state: &AppState, headers: &HeaderMap) -> Option<Journey> {
    let jar = CookieJar::from_headers(headers);
    let kept = jar.get(cookie_name(state))?.value().to_owned();
    let mut parts = kept.split('.').map(str::to_owned);
    Some(Journey { state: parts.next()?, nonce: parts.next()?, verifier: parts.next()? })
}

/// The account of a subject, made when it comes for the first time, with what its claims grant today.
async fn account_for(
    state: &AppState,
    sign_on: &SignOn,
    headers: &HeaderMap,
    subject: &str,
    claims: &Claims,
) -> Result<Account, Problem> {
    let provider = &sign_on.provider;
    let catalogue = &state.app.catalogue;
    let fitting = provider.grants.iter().filter(|mapping| mapping.fits(&claims.all));
    let grants: Vec<Grant> = fitting.map(|mapping| mapping.grant(catalogue)).collect();
    if grants.is_empty() {
        let detail = (
            "该账号在单点登录中没有此地图的权限；请联系管理员。".to_owned(),
            "The single sign-on gives this account no rights on this map; ask an administrator.".to_owned(),
        );
        return Err(Problem::new(StatusCode::FORBIDDEN, "sign_on.no_rights", ("无权限", "No rights"), detail));
    }
    let subject = format!("{}|{subject}", provider.issuer);
    let accounts = state.app.store.accounts();
    let text = |claim: &str| claims.all.get(claim).and_then(Value::as_str).unwrap_or_default();
    if let Some(account) = accounts.account_of(&subject).await? {
        let account = Account { grants, title: text("name").to_owned(), ..account };
        accounts.update_account(&account).await?;
        state.door.forget();
        return Ok(account);
    }
    let name: AccountName = text(&provider.name_claim).to_lowercase().parse().map_err(failed("naming the account"))?;
    let account = Account {
        name,
        title: text("name").to_owned(),
        department: None,
        password: None,
        subject: Some(subject),
        disabled: false,
        grants,
        created: Timestamp::now(),
    };
    if !accounts.create_account(&account).await? {
        return Err(Problem::conflict(
            "account.exists",
            format!("本地已有账号 {}；请联系管理员改名。", account.name),
            format!("There is a local account `{}` already; ask an administrator to settle the name.", account.name),
        ));
    }
    record_by(state, headers, account.name.as_str(), "account.created", account.name.as_str()).await?;
    Ok(account)
}
