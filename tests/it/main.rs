//! What Platbook promises, tested from outside: one binary, real stores, real clients.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod support;

mod api;
mod auth;
mod catalog;
mod clients;
mod codes;
mod demo;
mod durability;
mod exchange;
mod filter;
mod geodesy;
mod index;
mod people;
mod print;
mod replicas;
mod sight;
mod store;
mod story;
mod suppress;
mod tidy;
mod tiles;
mod webhooks;
