//! Codes with a standard behind them: each is a type of its own, and parsing is the only door.

pub mod division;
