//! Values, and what can be said of two of them.

use std::borrow::Cow;
use std::cmp::Ordering;

use geo_types::Geometry;

use super::Span;

/// What stands under a name, or comes out of an expression.
#[derive(Debug, Clone)]
pub enum Value<'a> {
    /// Nothing.
    Null,
    /// Text.
    Text(Cow<'a, str>),
    /// A number.
    Number(f64),
    /// Yes or no.
    Bool(bool),
    /// A day, an instant or an interval.
    Span(Span),
    /// Where something is.
    Geometry(Cow<'a, Geometry<f64>>),
    /// Several values.
    List(Vec<Value<'a>>),
}

impl<'a> Value<'a> {
    /// Text from anywhere.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
    }

    /// The order of two values of one kind; none where there is none, or one of them is nothing.
    pub(super) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => Some(a.cmp(b)),
            (Self::Number(a), Self::Number(b)) => a.partial_cmp(b),
            (Self::Bool(a), Self::Bool(b)) => Some(a.cmp(b)),
            (Self::Span(a), Self::Span(b)) => Some(a.order(*b)),
            _ => None,
        }
    }

    /// Whether two values of a list are the same.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::List(a), Self::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_same(b)),
            _ => self.order(other) == Some(Ordering::Equal),
        }
    }
}

/// A pattern of `LIKE`: `%` stands for any letters, `_` for one, `\` takes the meaning from what follows.
pub(super) fn pattern(like: &str) -> Result<regex::Regex, regex::Error> {
    let mut expression = String::from("(?s)^");
    let mut letters = like.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '%' => expression.push_str(".*"),
            '_' => expression.push('.'),
            '\\' => {
                let plain = letters.next().unwrap_or('\\');
                expression.push_str(&regex::escape(plain.encode_utf8(&mut [0; 4])));
            }
            plain => expression.push_str(&regex::escape(plain.encode_utf8(&mut [0; 4]))),
        }
    }
    expression.push('$');
    regex::Regex::new(&expression)
}

/// Text without the marks over and under its letters.
pub(super) fn without_accents(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    use unicode_normalization::char::is_combining_mark;
    text.nfd().filter(|letter| !is_combining_mark(*letter)).nfc().collect()
}
