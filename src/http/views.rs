//! Saved views, bookmarks, styles and filters: kept by people for themselves, for their department, for everybody.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::Body;
use super::caller::Caller;
use super::edits::base_of;
use super::extract::{Params, Path};
use super::respond::{Answer, base_url, is_known, not_modified};
use super::users::record_by;
use super::{AppState, Problem};
use crate::app::members::draw_view_id;
use crate::auth::{Denied, Target};
use crate::domain::{AccountName, Action, LayerId, Version, ViewId};
use crate::edit::Base;
use crate::store::views::{Asked, Audience, Reader, SavedView, ViewKind};

/// Saved views on a page when no number is named, and at the most.
pub(super) const USUAL: usize = 50;
pub(super) const MOST: usize = 100;

/// Letters of a title at the most.
pub(super) const TITLE: usize = 100;

/// Bytes of a state at the most, as JSON.
pub(super) const STATE: usize = 64 << 10;

/// Bytes of a thumbnail at the most, as a data URL.
pub(super) const THUMBNAIL: usize = 40 << 10;

/// Whether bytes begin as a picture does.
type Begins = fn(&[u8]) -> bool;

/// What a picture begins with, by its media type.
const PICTURES: [(&str, Begins); 3] = [
    ("image/png", |bytes| bytes.starts_with(b"\x89PNG\r\n\x1a\n")),
    ("image/jpeg", |bytes| bytes.starts_with(b"\xff\xd8\xff")),
    ("image/webp", |bytes| bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP")),
];

/// A saved view as it is to be.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewView {
    kind: ViewKind,
    title: String,
    audience: Audience,
    /// An object, or the text that stands behind `#` in the map's address.
    state: Value,
    layer: Option<LayerId>,
    thumbnail: Option<String>,
}

/// `GET /views?kind=&layer=&audience=&cursor=&limit=`: newest first, without their states.
pub(super) async fn list_views(
    State(state): State<AppState>,
    caller: Caller,
    mut params: Params,
) -> Result<Answer, Problem> {
    let kinds = ("view、bookmark、style、filter 之一", "view, bookmark, style or filter");
    let audiences = ("mine、department、public 之一", "mine, department or public");
    let asked = Asked {
        kind: params.parse("kind", kinds)?,
        layer: params.take("layer")?.map(|id| layer_of(&state, &caller, &id)).transpose()?,
        audience: params.parse("audience", audiences)?,
        before: params.parse("cursor", ("上一页的 next", "what `next` of the last page said"))?,
    };
    let limit = params.limit(USUAL, MOST)?;
    params.finish()?;
    let reader = reader(&state, &caller);
    let mut found = state.app.store.views().views(&reader, &asked, limit + 1).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let views: Vec<Value> = found.iter().map(|view| view_json(&reader, view)).collect();
    let mut body = json!({ "views": views });
    if let Some(last) = found.last().filter(|_| more) {
        body["next"] = last.number.to_string().into();
    }
    Ok(Answer::json(state.app.revision(), &body))
}

/// `POST /views`
pub(super) async fn create_view(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Body(new): Body<NewView>,
) -> Result<Response, Problem> {
    let owner = keeper(&caller, Action::Create)?;
    check(&state, &caller, &new)?;
    let now = now();
    let view = SavedView {
        number: 0,
        id: draw_view_id(),
        kind: new.kind,
        title: new.title.trim().to_owned(),
        audience: new.audience,
        layer: new.layer,
        owner,
        department: caller.actor.department.clone(),
        thumbnail: new.thumbnail,
        created: now,
        updated: now,
        version: Version::FIRST,
    };
    let most = state.limits.views;
    if !state.app.store.views().create_view(&view, &new.state, most).await? {
        let zh = format!("每个账号最多保存 {most} 个；请先删除不用的。");
        let en = format!("An account keeps {most} saved views at the most; delete some first.");
        return Err(Problem::conflict("view.too_many", zh, en));
    }
    record_by(&state, &headers, &caller.actor.name, "view.created", view.id.as_str()).await?;
    let location = HeaderValue::try_from(format!("{}/views/{}", base_url(&headers), view.id)).ok();
    let location = location.map(|location| [(header::LOCATION, location)]);
    Ok((StatusCode::CREATED, location, whole(&state, &caller, &view, &new.state)).into_response())
}

/// `GET /views/{id}`
pub(super) async fn read_view(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let (view, content) = find(&state, &caller, &id).await?;
    if is_known(&headers, &tag(view.version)) {
        return Ok(not_modified([(header::ETAG, tag(view.version))]));
    }
    Ok(whole(&state, &caller, &view, &content))
}

/// `PUT /views/{id}`: its owner saves it anew, upon the version that `If-Match` names.
pub(super) async fn replace_view(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<String>,
    Body(new): Body<NewView>,
) -> Result<Response, Problem> {
    let asks = keeper(&caller, Action::Update)?;
    let (before, content) = find(&state, &caller, &id).await?;
    if before.owner != asks {
        return Err(not_the_owner(&before));
    }
    upon(&state, &caller, &headers, &before, &content)?;
    check(&state, &caller, &new)?;
    let view = SavedView {
        kind: new.kind,
        title: new.title.trim().to_owned(),
        audience: new.audience,
        layer: new.layer,
        department: caller.actor.department.clone(),
        thumbnail: new.thumbnail,
        updated: now().max(before.updated),
        version: before.version.next(),
        ..before
    };
    if !state.app.store.views().replace_view(&view, &new.state).await? {
        return Err(overtaken(&state, &caller, &id).await);
    }
    record_by(&state, &headers, &caller.actor.name, "view.changed", view.id.as_str()).await?;
    Ok(whole(&state, &caller, &view, &new.state))
}

/// `DELETE /views/{id}`: by its owner; of what others see, by an administrator too.
pub(super) async fn delete_view(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let asks = keeper(&caller, Action::Delete)?;
    let (view, content) = find(&state, &caller, &id).await?;
    if view.owner != asks && state.may(&caller, Action::Administer, &Target::Service).is_err() {
        return Err(not_the_owner(&view));
    }
    upon(&state, &caller, &headers, &view, &content)?;
    if !state.app.store.views().remove_view(&view.id, view.version).await? {
        return Err(overtaken(&state, &caller, &id).await);
    }
    record_by(&state, &headers, &caller.actor.name, "view.removed", view.id.as_str()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /v/{id}`: leads to the map, which brings the saved view, or says why it cannot.
pub(super) async fn read_short_link(Path(id): Path<String>) -> Result<Response, Problem> {
    let id: ViewId = id.parse().map_err(|_| not_there(&id))?;
    let location = HeaderValue::try_from(format!("/#?v={id}")).map_err(|error| Problem::internal(&error))?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}

/// Who asks, as the store lists for them. With a view token one sees what everybody does.
fn reader(state: &AppState, caller: &Caller) -> Reader {
    // A token that is not for reading reads what everybody does.
    let own = Some(&caller.actor).filter(|actor| actor.within.is_none() && actor.in_scope(Action::Read));
    Reader {
        account: own.and_then(|actor| actor.name.parse().ok()),
        department: own.and_then(|actor| actor.department.clone()),
        layers: state.visible_layers(caller).map(|(_, layer)| layer.id.clone()).collect(),
    }
}

/// The account that keeps something; a token must be for it.
fn keeper(caller: &Caller, action: Action) -> Result<AccountName, Problem> {
    caller.signed_in_to(action)?;
    if !caller.actor.in_scope(action) {
        return Err(Denied::TokenLacksScope { action }.into());
    }
    caller.actor.name.parse().map_err(|_| Denied::SignInFirst { action }.into())
}

/// The time as it is kept: to the millisecond.
fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

fn layer_of(state: &AppState, caller: &Caller, id: &str) -> Result<LayerId, Problem> {
    Ok(state.app.catalogue.layers[state.layer(caller, id)?].id.clone())
}

/// A saved view that the caller sees, with its state.
pub(super) async fn find(state: &AppState, caller: &Caller, id: &str) -> Result<(SavedView, Value), Problem> {
    let reader = reader(state, caller);
    let found = match id.parse() {
        Ok(id) => state.app.store.views().view(&id).await?,
        Err(_) => None,
    };
    found.filter(|(view, _)| reader.sees(view)).ok_or_else(|| not_there(id))
}

fn not_there(id: &str) -> Problem {
    let id: String = id.chars().take(40).collect();
    let zh = format!("没有保存的视图 {id}，或需登录后可见。");
    Problem::not_found("view.not_found", zh, format!("There is no saved view `{id}`, or not without signing in."))
}

fn not_the_owner(view: &SavedView) -> Problem {
    let detail =
        (format!("它是 {} 保存的；可另存一份。", view.owner), format!("It is {}'s; save one of your own.", view.owner));
    Problem::new(StatusCode::FORBIDDEN, "view.not_owner", ("无权修改", "It is another's"), detail)
}

/// Refuses who does not name a version, and who names one that is no longer current.
fn upon(
    state: &AppState,
    caller: &Caller,
    headers: &HeaderMap,
    view: &SavedView,
    content: &Value,
) -> Result<(), Problem> {
    if !headers.contains_key(header::IF_MATCH) {
        let detail = (
            "请以 If-Match 注明所依据的版本。".to_owned(),
            "Name the version that it was made from: send `If-Match`.".to_owned(),
        );
        let title = ("须注明版本", "A version is needed");
        return Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, "version.needed", title, detail));
    }
    match base_of(headers, None)? {
        Base::Version(version) if version != view.version => Err(stale(state, caller, view, content)),
        _ => Ok(()),
    }
}

fn stale(state: &AppState, caller: &Caller, view: &SavedView, content: &Value) -> Problem {
    let detail = (
        format!("它已是版本 {}；请取回后重试。", view.version),
        format!("It is at version {} now; fetch it and try again.", view.version),
    );
    let title = ("版本冲突", "The version is no longer current");
    let mut current = view_json(&reader(state, caller), view);
    current["state"] = content.clone();
    Problem::new(StatusCode::PRECONDITION_FAILED, "version.conflict", title, detail).with("current", current)
}

/// Another was faster.
async fn overtaken(state: &AppState, caller: &Caller, id: &str) -> Problem {
    match find(state, caller, id).await {
        Ok((view, content)) => stale(state, caller, &view, &content),
        Err(problem) => problem,
    }
}

/// Refuses what cannot be kept, or not for those.
fn check(state: &AppState, caller: &Caller, new: &NewView) -> Result<(), Problem> {
    let refused = |error: String| Err(Problem::unusable_body(&error));
    let title = new.title.trim();
    if title.is_empty() || title.chars().count() > TITLE {
        return refused(format!("`title` has 1 to {TITLE} characters"));
    }
    if !(new.state.is_object() || new.state.is_string()) {
        return refused("`state` is an object or a text".to_owned());
    }
    let bytes = new.state.to_string().len();
    if bytes > STATE {
        return refused(format!("`state` has at most {STATE} bytes as JSON, not {bytes}"));
    }
    if new.thumbnail.as_ref().is_some_and(|thumbnail| !is_picture(thumbnail)) {
        return refused(format!(
            "`thumbnail` is a data URL of at most {THUMBNAIL} bytes with a PNG, JPEG or WebP in Base64"
        ));
    }
    if new.kind.is_of_a_layer() && new.layer.is_none() {
        return refused(format!("a {} is about a layer: name it in `layer`", new.kind));
    }
    if let Some(layer) = &new.layer {
        state.layer(caller, layer.as_str())?;
    }
    match new.audience {
        Audience::Department if caller.actor.department.is_none() => {
            let zh = "该账号没有所属部门，不能与部门共享；请联系管理员。";
            let en = "This account belongs to no department that it could be for; ask an administrator.";
            Err(Problem::conflict("view.no_department", zh, en))
        }
        Audience::Public => Ok(state.may(caller, Action::Publish, &Target::Service)?),
        _ => Ok(()),
    }
}

/// Whether a data URL holds a picture of the kind that it says.
fn is_picture(url: &str) -> bool {
    let Some((kind, content)) = url.strip_prefix("data:").and_then(|url| url.split_once(";base64,")) else {
        return false;
    };
    let begins = PICTURES.iter().find(|(media_type, _)| *media_type == kind).map(|(_, begins)| begins);
    let content = STANDARD.decode(content).ok();
    url.len() <= THUMBNAIL && begins.zip(content).is_some_and(|(begins, content)| begins(&content))
}

fn tag(version: Version) -> String {
    format!("\"{version}\"")
}

/// A saved view with its state and its tag.
fn whole(state: &AppState, caller: &Caller, view: &SavedView, content: &Value) -> Response {
    let mut body = view_json(&reader(state, caller), view);
    body["state"] = content.clone();
    ([(header::ETAG, tag(view.version))], Answer::json(state.app.revision(), &body)).into_response()
}

fn view_json(reader: &Reader, view: &SavedView) -> Value {
    let mut body = json!({
        "id": view.id,
        "kind": view.kind,
        "title": view.title,
        "audience": view.audience,
        "owner": view.owner,
        "own": reader.account.as_ref() == Some(&view.owner),
        "created_at": view.created,
        "updated_at": view.updated,
        "version": view.version,
    });
    if let Some(layer) = &view.layer {
        body["layer"] = layer.as_str().into();
    }
    if let Some(department) = view.department.as_ref().filter(|_| view.audience == Audience::Department) {
        body["department"] = department.as_str().into();
    }
    if let Some(thumbnail) = &view.thumbnail {
        body["thumbnail"] = thumbnail.as_str().into();
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thumbnail_is_a_picture_of_the_kind_that_it_says() {
        let url = |kind: &str, bytes: &[u8]| format!("data:{kind};base64,{}", STANDARD.encode(bytes));
        let png = b"\x89PNG\r\n\x1a\n....";
        assert!(is_picture(&url("image/png", png)));
        assert!(is_picture(&url("image/webp", b"RIFF\0\0\0\0WEBPVP8 ")));
        assert!(is_picture(&url("image/jpeg", b"\xff\xd8\xff\xe0")));
        for wrong in [
            url("image/jpeg", png),
            url("image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
            url("text/html", png),
            url("image/png", &[png.as_slice(), &vec![0; THUMBNAIL]].concat()),
            "data:image/png;base64,%%%".to_owned(),
            "https://example.org/picture.png".to_owned(),
            String::new(),
        ] {
            assert!(!is_picture(&wrong), "{}", &wrong[..wrong.len().min(60)]);
        }
    }
}
