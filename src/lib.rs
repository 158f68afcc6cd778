//! Platbook keeps a city's digital infrastructure on one map.
//!
//! The modules in reading order; imports point up this list only, and `tests/it/tidy.rs` holds them
//! to it.

pub mod domain;

pub mod error;

pub mod geodesy;

pub mod filter;

pub mod catalog;

pub mod auth;

pub mod index;

pub mod tiles;

pub mod edit;

pub mod store;

pub mod demo;

pub mod exchange;

pub mod app;

pub mod webhooks;

pub mod print;

pub mod imports;

pub mod http;

pub mod config;

pub mod cli;
