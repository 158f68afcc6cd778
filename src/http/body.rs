//! Bodies in JSON; what is wrong with one becomes a problem that says where.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Problem;

/// A body.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            let got: String = kind.chars().take(60).collect();
            let detail = (
                format!("请求体应为 application/json，得到“{got}”。"),
                format!("The body is to be application/json, not `{got}`."),
            );
            let title = ("请求体类型有误", "The body has another media type");
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "body.media_type", title, detail));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|error| {
            if error.status() != StatusCode::PAYLOAD_TOO_LARGE {
                return Problem::unusable_body("the body broke off");
            }
            let detail = ("请减小请求体。".to_owned(), "Send a smaller body.".to_owned());
            let title = ("请求体过大", "The body is too large");
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body.too_large", title, detail)
        })?;
        let unusable = |error: serde_json::Error| Problem::unusable_body(&error.to_string());
        if bytes.windows(6).any(|six| six == br"\u0000") && has_nul(&serde_json::from_slice(&bytes).map_err(unusable)?)
        {
            return Err(Problem::unusable_body("the character U+0000 has no place in a text"));
        }
        serde_json::from_slice(&bytes).map(Self).map_err(unusable)
    }
}

/// Whether a text in a body holds the character that no PostgreSQL keeps.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(list) => list.iter().any(has_nul),
        Value::Object(members) => members.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        _ => false,
    }
}
