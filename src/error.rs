//! What is common to all errors: the whole chain of causes, once, for the log and the terminal.

use std::error::Error;

/// An error and everything behind it, joined by colons.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
