//! The two encodings of CQL2, read with bounds: a filter comes from anybody.

use std::num::NonZeroUsize;
use std::str::FromStr;
use std::sync::Once;

use cql2::Expr;

use super::FilterError;

/// How deep a filter may be nested.
const DEEPEST: usize = 32;

/// Steps of the grammar at the most. Text that is nested cleverly could make it try for ever.
const STEPS: usize = 2_000_000;

/// How a filter is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// `cql2-text`
    Text,
    /// `cql2-json`
    Json,
}

impl FromStr for Language {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        match name {
            "cql2-text" => Ok(Self::Text),
            "cql2-json" => Ok(Self::Json),
            _ => Err(()),
        }
    }
}

pub(super) fn parse(text: &str, language: Language) -> Result<Expr, FilterError> {
    static BOUNDED: Once = Once::new();
    BOUNDED.call_once(|| pest::set_call_limit(NonZeroUsize::new(STEPS)));
    if depth(text, language) > DEEPEST {
        return Err(FilterError::TooDeep(DEEPEST));
    }
    match language {
        Language::Text => cql2::parse_text(text).map_err(|error| fault(&error)),
        Language::Json => Ok(cql2::parse_json(text)?),
    }
}

/// How deep brackets are nested, and how many prefix operators stand in a row: each is a level to a reader.
fn depth(text: &str, language: Language) -> usize {
    let quote = if language == Language::Text { '\'' } else { '"' };
    let (mut deepest, mut depth, mut is_quoted) = (0_usize, 0_usize, false);
    for letter in text.chars() {
        match letter {
            letter if letter == quote => is_quoted = !is_quoted,
            '(' | '[' | '{' if !is_quoted => depth += 1,
            ')' | ']' | '}' if !is_quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest + if language == Language::Text { prefixes(text) } else { 0 }
}

/// The longest row of `not` or `-`.
fn prefixes(text: &str) -> usize {
    let spaced = text.replace('-', " - ");
    let mut longest = 0;
    let mut row = 0;
    for word in spaced.split_whitespace() {
        row = if word == "-" || word.eq_ignore_ascii_case("not") { row + 1 } else { 0 };
        longest = longest.max(row);
    }
    longest
}

fn fault(error: &cql2::Error) -> FilterError {
    let cql2::Error::Pest(error) = error else {
        return FilterError::Text { at: None, expected: error.to_string() };
    };
    let at = match error.line_col {
        pest::error::LineColLocation::Pos(at) | pest::error::LineColLocation::Span(at, _) => at,
    };
    let expected = match &error.variant {
        pest::error::ErrorVariant::ParsingError { positives, .. } => {
            let mut words: Vec<&str> = positives.iter().map(|rule| word(&format!("{rule:?}"))).collect();
            words.sort_unstable();
            words.dedup();
            format!("expected {}", words.join(", "))
        }
        pest::error::ErrorVariant::CustomError { message } => message.clone(),
    };
    FilterError::Text { at: Some(at), expected }
}

/// A rule of the grammar in words.
fn word(rule: &str) -> &'static str {
    match rule {
        "Identifier" | "IdentifierQuoted" | "Function" => "a property or function",
        "Add" | "Subtract" | "Multiply" | "Divide" | "Modulo" | "Power" => "an arithmetic operator",
        "Eq" | "NotEq" | "Gt" | "GtEq" | "Lt" | "LtEq" => "a comparison",
        "Like" | "In" | "BetweenPostfix" | "IsNullPostfix" => "LIKE, IN, BETWEEN or IS NULL",
        "And" | "Or" => "AND or OR",
        "EOI" => "the end",
        "Expr" | "ExpressionInParentheses" | "Array" | "UnaryNot" | "Negative" | "NotFlag" => "an expression",
        _ => "a value",
    }
}
