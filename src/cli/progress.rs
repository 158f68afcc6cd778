//! Progress bars on what takes over a second; plain silence where standard error is no terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar of a known length in features.
pub(super) fn bar(what: &'static str, features: u64) -> ProgressBar {
    let bar = ProgressBar::new(features).with_message(what);
    bar.set_style(style("{msg} {bar:30} {human_pos}/{human_len} ({per_sec}, {eta} left)"));
    bar
}

/// A bar of bytes, their number not known yet.
pub(super) fn bytes(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(1).with_message(what);
    bar.set_style(style("{msg} {bar:30} {bytes}/{total_bytes} ({eta} left)"));
    bar
}

/// A counter of unknown length.
pub(super) fn counter(what: &'static str) -> ProgressBar {
    const TICK: Duration = Duration::from_millis(200);
    let counter = ProgressBar::new_spinner().with_message(what);
    counter.set_style(style("{spinner} {msg} {human_pos} features ({elapsed})"));
    counter.enable_steady_tick(TICK);
    counter
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
