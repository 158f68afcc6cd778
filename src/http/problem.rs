//! Errors as clients see them: RFC 9457 problem details with a stable code, in the client's language.
//!
//! The only place that gives an error a status. Causes go to the log, once, with their whole chain;
//! the client is told what is wrong and how to mend it.

use std::sync::Arc;

use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use tower_http::csrf::ProtectionError;

use super::extract::lang_of;
use crate::app::TileError;
use crate::app::past::PastError;
use crate::auth::{Denied, InvalidGrant, UnknownDepartment};
use crate::domain::{Bilingual, CoordinateError, Lang};
use crate::store::StoreError;

/// The header that carries the id of a request.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What went wrong with a request.
#[derive(Debug, Clone)]
pub struct Problem(Box<Told>);

/// What a problem says; behind a pointer, so that results that may be problems stay small.
#[derive(Debug, Clone)]
struct Told {
    status: StatusCode,
    code: &'static str,
    title: Bilingual,
    detail: Bilingual,
    more: Map<String, Value>,
    retry_after_s: Option<u32>,
}

impl Problem {
    /// A problem with a status, a stable code and a title; `detail` says how to mend it.
    pub fn new(status: StatusCode, code: &'static str, title: (&str, &str), detail: (String, String)) -> Self {
        Self(Box::new(Told {
            status,
            code,
            title: Bilingual { zh: title.0.to_owned(), en: title.1.to_owned() },
            detail: Bilingual { zh: detail.0, en: detail.1 },
            more: Map::new(),
            retry_after_s: None,
        }))
    }

    /// A parameter that cannot be used.
    pub fn parameter(name: &str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        let title = ("参数有误", "A parameter cannot be used");
        Self::new(StatusCode::BAD_REQUEST, "parameter.invalid", title, (zh.into(), en.into())).with("parameter", name)
    }

    /// Numbers that are no position or box.
    pub fn coordinates(name: &str, error: &CoordinateError) -> Self {
        let zh = match error {
            CoordinateError::NotFinite { .. } => "坐标应为有限的数。".to_owned(),
            CoordinateError::OutOfRange { hint: "", .. } => "经度应在 ±180°、纬度应在 ±90° 之内。".to_owned(),
            CoordinateError::OutOfRange { .. } => {
                "经度应在 ±180°、纬度应在 ±90° 之内；经纬度是否颠倒？经度在前。".to_owned()
            }
            CoordinateError::EmptyBox { .. } => "范围为空：应为 西,南,东,北，西不大于东，南不大于北。".to_owned(),
            CoordinateError::BoxShape { got } if got.starts_with('6') => {
                "应为四个数 西,南,东,北；要素没有高程，请去掉两个高程。".to_owned()
            }
            CoordinateError::BoxShape { .. } => "应为四个数 西,南,东,北，以逗号分隔。".to_owned(),
        };
        let no_heights = matches!(error, CoordinateError::BoxShape { got } if got.starts_with('6'));
        let advice = if no_heights { "; features have no heights, leave the two heights out" } else { "" };
        Self::parameter(name, format!("{name}：{zh}"), format!("`{name}`: {error}{advice}."))
    }

    /// Something that is not there.
    pub fn not_found(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, ("未找到", "Not found"), (zh.into(), en.into()))
    }

    /// A failure of the server; the cause is only logged.
    pub fn internal(error: &dyn std::error::Error) -> Self {
        tracing::error!(error = %crate::error::chain(error), "a request failed");
        let detail = (
            "服务器内部错误；请重试，若仍出现请附上请求编号反馈。".to_owned(),
            "The server failed; try again, and report the request id if it goes on.".to_owned(),
        );
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", ("服务器错误", "Server error"), detail)
    }

    /// Who asks does not hold, or must be said first.
    pub fn unauthorized(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, ("请登录", "Sign in"), (zh.into(), en.into()))
    }

    /// Whether it is about who asks.
    pub(super) fn is_about_who(&self) -> bool {
        self.0.status == StatusCode::UNAUTHORIZED
    }

    /// A body that cannot be used; `error` says where.
    pub fn unusable_body(error: &str) -> Self {
        let detail = (format!("请求体有误：{error}。"), format!("The body cannot be used: {error}."));
        Self::new(StatusCode::BAD_REQUEST, "body.invalid", ("请求体有误", "The body cannot be used"), detail)
    }

    /// Something that is in the way of what was asked.
    pub fn conflict(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, ("有冲突", "It cannot be so"), (zh.into(), en.into()))
    }

    /// Too many attempts to get in.
    pub fn too_many_attempts(wait_s: u32) -> Self {
        let detail =
            (format!("尝试次数过多；请等待 {wait_s} 秒。"), format!("Too many attempts; wait {wait_s} seconds."));
        let title = ("尝试次数过多", "Too many attempts");
        let mut problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "attempts.too_many", title, detail);
        problem.0.retry_after_s = Some(wait_s);
        problem
    }

    /// Too much work at the moment.
    pub fn busy() -> Self {
        let detail = ("服务器繁忙；请稍后重试。".to_owned(), "The server is busy; try again in a moment.".to_owned());
        let mut problem =
            Self::new(StatusCode::SERVICE_UNAVAILABLE, "server.busy", ("服务器繁忙", "The server is busy"), detail);
        problem.0.retry_after_s = Some(1);
        problem
    }

    /// Says after how many seconds it is worth trying again.
    #[must_use]
    pub fn retried_after(mut self, seconds: u32) -> Self {
        self.0.retry_after_s = Some(seconds);
        self
    }

    /// Says after how many seconds to try again.
    #[must_use]
    pub fn again_after(mut self, seconds: u32) -> Self {
        self.0.retry_after_s = Some(seconds);
        self
    }

    /// Adds a member for programs.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.more.insert(key.to_owned(), value.into());
        self
    }

    /// The problem within another answer: in both languages, since one answer may hold many.
    pub(super) fn as_member(&self) -> Value {
        let told = &self.0;
        let mut member = json!({
            "status": told.status.as_u16(), "code": told.code, "title": told.title, "detail": told.detail,
        });
        if let Value::Object(member) = &mut member {
            member.extend(told.more.clone());
        }
        member
    }

    fn body(&self, lang: Lang, instance: &str, request_id: &str) -> Value {
        let told = &self.0;
        let mut body = json!({
            "type": format!("urn:platbook:problem:{}", told.code),
            "title": told.title.in_lang(lang),
            "status": told.status.as_u16(),
            "detail": told.detail.in_lang(lang),
            "instance": instance,
            "code": told.code,
            "request_id": request_id,
        });
        if let Value::Object(body) = &mut body {
            body.extend(told.more.clone());
        }
        body
    }
}

impl IntoResponse for Problem {
    /// A bare response; [`in_words`] writes the body, once language and request id are known.
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        if self.0.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.0.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Gives every problem its body: in the client's language, with path and request id.
pub(super) async fn in_words(request: Request, next: Next) -> Response {
    let lang = lang_of(request.uri().query(), request.headers());
    let instance = request.uri().path().to_owned();
    let id = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    let mut response = next.run(request).await;
    let Some(problem) = response.extensions_mut().remove::<Problem>().or_else(|| unexplained(&response)) else {
        return response;
    };
    let mut told = (problem.0.status, Json(problem.body(lang, &instance, &id))).into_response();
    let headers = told.headers_mut();
    for name in [header::RETRY_AFTER, header::ALLOW, header::WWW_AUTHENTICATE, header::SET_COOKIE] {
        if let Some(value) = response.headers().get(&name) {
            headers.insert(name, value.clone());
        }
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    told
}

/// What the router and its layers answer by themselves.
fn unexplained(response: &Response) -> Option<Problem> {
    let (code, title, detail) = match response.status() {
        StatusCode::METHOD_NOT_ALLOWED => (
            "method.not_allowed",
            ("方法不允许", "Method not allowed"),
            (
                "此路径不支持该方法；可用方法见 Allow 头。",
                "This path does not know the method; the header Allow names those it does.",
            ),
        ),
        StatusCode::FORBIDDEN if response.extensions().get::<ProtectionError>().is_some() => (
            "request.cross_site",
            ("拒绝跨站请求", "The request comes from another site"),
            (
                "写操作须从本站页面发出；程序请使用令牌且不带 Origin。",
                "Writes come from pages of this site; programs use a token and send no `Origin`.",
            ),
        ),
        StatusCode::PAYLOAD_TOO_LARGE => {
            ("body.too_large", ("请求体过大", "The body is too large"), ("请减小请求体。", "Send a smaller body."))
        }
        StatusCode::REQUEST_TIMEOUT | StatusCode::SERVICE_UNAVAILABLE
            if response.headers().get(header::CONTENT_TYPE).is_none() =>
        {
            ("server.timeout", ("处理超时", "It took too long"), ("请缩小范围后重试。", "Ask for less and try again."))
        }
        StatusCode::INTERNAL_SERVER_ERROR => (
            "internal",
            ("服务器错误", "Server error"),
            ("服务器内部错误；请附上请求编号反馈。", "The server failed; report the request id."),
        ),
        _ => return None,
    };
    Some(Problem::new(response.status(), code, title, (detail.0.to_owned(), detail.1.to_owned())))
}

impl From<TileError> for Problem {
    fn from(error: TileError) -> Self {
        match error {
            TileError::Busy => Self::busy(),
            TileError::Failed => Self::internal(&error),
        }
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        let en = format!("{}.", first_upper(&denied.to_string()));
        let zh = denied.in_chinese();
        let code = match &denied {
            Denied::SignInFirst { .. } => return Self::unauthorized("access.sign_in", zh, en),
            Denied::RoleLacksAction { .. } => "access.role",
            Denied::LayerNotGranted { .. } => "access.layer",
            Denied::DivisionNotGranted { .. } => "access.division",
            Denied::TokenLacksScope { .. } | Denied::TokenLacksTarget { .. } => "access.token",
        };
        let title = ("无权操作", "This account may not do that");
        Self::new(StatusCode::FORBIDDEN, code, title, (zh, en))
    }
}

impl From<InvalidGrant> for Problem {
    fn from(error: InvalidGrant) -> Self {
        let title = ("授权有误", "The grant cannot be given");
        let detail = (format!("授权有误：{error}。"), format!("{}.", first_upper(&error.to_string())));
        Self::new(StatusCode::BAD_REQUEST, "grant.invalid", title, detail)
    }
}

impl From<UnknownDepartment> for Problem {
    fn from(error: UnknownDepartment) -> Self {
        let detail = (
            format!("没有部门 {}；可用：{}。", error.got, error.known),
            format!("{}.", first_upper(&error.to_string())),
        );
        Self::new(StatusCode::BAD_REQUEST, "department.unknown", ("没有该部门", "There is no such department"), detail)
    }
}

fn first_upper(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

impl From<&StoreError> for Problem {
    fn from(error: &StoreError) -> Self {
        match error {
            StoreError::Conflict { feature, base, .. } => Self::new(
                StatusCode::PRECONDITION_FAILED,
                "version.conflict",
                ("版本冲突", "The version is no longer current"),
                (
                    format!("要素 {feature} 已不是版本 {base}；请取回最新版本后重试。"),
                    format!("{error}; fetch it and try again"),
                ),
            ),
            StoreError::Unavailable { .. } | StoreError::Full => {
                tracing::error!(error = %crate::error::chain(error), "the store does not answer");
                let mut problem = Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "store.unavailable",
                    ("数据库不可用", "The database is not available"),
                    (
                        "数据库暂不可用；请稍后重试。".to_owned(),
                        "The database is not available; try again later.".to_owned(),
                    ),
                );
                problem.0.retry_after_s = Some(5);
                problem
            }
            _ => Self::internal(error),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        (&error).into()
    }
}

/// The error of a work that several waited for.
impl From<Arc<StoreError>> for Problem {
    fn from(error: Arc<StoreError>) -> Self {
        error.as_ref().into()
    }
}

impl From<Arc<PastError>> for Problem {
    fn from(error: Arc<PastError>) -> Self {
        match error.as_ref() {
            PastError::Busy => Self::busy(),
            PastError::Store(error) => error.as_ref().into(),
            PastError::Failed(error) => Self::internal(error),
        }
    }
}
