//! Codes with a rule behind them: each is a type of its own, and parsing is the only door.

pub mod component;
pub mod division;
pub mod doorplate;
pub mod unit_grid;
pub mod uscc;
