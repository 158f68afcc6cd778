//! What is common to all errors: the whole chain of causes, once, for the log and the terminal.

use std::error::Error;

/// An error and everything behind it, joined by colons; what a wrapper has said of its cause is not said
/// twice.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.ends_with(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Outer(&'static str, #[source] std::fmt::Error);

    #[test]
    fn a_cause_is_said_once() {
        let cause = std::fmt::Error.to_string();
        assert_eq!(chain(&Outer("writing", std::fmt::Error)), format!("writing: {cause}"));
        let told: &'static str = Box::leak(format!("writing: {cause}").into_boxed_str());
        assert_eq!(chain(&Outer(told, std::fmt::Error)), told);
    }
}
