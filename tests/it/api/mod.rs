//! The API over real HTTP, on a small town in a real store.

mod bad_input;
mod changes;
mod chosen_tiles;
mod common;
mod compare;
mod discretion;
mod edits;
mod exports;
mod gdal;
mod imports;
mod items;
mod map;
mod matrices;
mod openapi;
mod places;
mod quality;
mod query;
mod records;
mod rights;
mod schemas;
mod seeing;
mod service;
mod sessions;
mod sign_on;
mod view_tokens;
mod views;
