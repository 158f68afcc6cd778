//! The operation that prints.

use serde_json::{Value, json};

use super::Limits;
use super::operations::{Operation, PLAIN};
use super::parameters::{query, string};
use crate::http::print::{DPI, SCALE, TITLE};
use crate::print::{Format, Orientation, Paper};

/// The one operation.
pub(super) const PRINT: &[Operation] = &[Operation {
    path: "/print",
    id: "read_print",
    tag: "Map",
    summary: ("打印", "What the map shows, as PDF or PNG; takes a Chromium on the server"),
    parameters: &[
        query(
            "state",
            "What stands behind # in the map's address",
            string,
            Some(|| json!("12/30.42/112.89?l=doorplate")),
        ),
        query("view", "A saved view, in place of `state`", string, None),
        query("paper", "The sheet", paper, None),
        query("orientation", "How it lies", orientation, None),
        query("scale", "The number behind 1:; none: what the map shows fits the sheet", scale, None),
        query("title", "What stands above the map", title, None),
        query("dpi", "Pixels of an inch: of all in a PNG, of the map in a PDF", dpi, None),
        query("format", "What it is made as", format, None),
    ],
    answers: &[("application/pdf", "binary"), ("image/png", "binary")],
    refuses: &[(404, "NotFound"), (501, "CannotPrint"), (502, "NotPrinted"), (504, "NotPrinted")],
    bounded: true,
    ..PLAIN
}];

fn paper(_: &Limits) -> Value {
    json!({ "type": "string", "enum": Paper::ALL.map(Paper::name), "default": "A4" })
}

fn orientation(_: &Limits) -> Value {
    json!({ "type": "string", "enum": Orientation::ALL.map(Orientation::name), "default": "landscape" })
}

fn format(_: &Limits) -> Value {
    json!({ "type": "string", "enum": Format::ALL.map(Format::name), "default": "pdf" })
}

fn scale(_: &Limits) -> Value {
    json!({ "type": "integer", "minimum": SCALE.0, "maximum": SCALE.1 })
}

fn title(_: &Limits) -> Value {
    json!({ "type": "string", "maxLength": TITLE })
}

fn dpi(_: &Limits) -> Value {
    json!({ "type": "integer", "minimum": DPI.0, "maximum": DPI.2, "default": DPI.1 })
}
