//! The statistical lists of divisions since 2016, so that "which village then" has an answer.
//!
//! Names are no keys (two villages may share one), and codes change when divisions merge: a division
//! is its code on the day of a list.

use jiff::civil::Date;
use serde::Serialize;

use crate::domain::{DivisionCode, DivisionLevel};

/// Villages: `code`, then a column for each list with the name on its day, empty where it had none.
const VILLAGES: &str = include_str!("../../data/divisions/villages-history.csv");

/// Townships: code, name, kind, and in which lists they had villages.
const TOWNSHIPS: &str = include_str!("../../data/divisions/townships.csv");

/// The dated lists.
#[derive(Debug, Clone)]
pub struct DivisionRegister {
    dates: Vec<Date>,
    villages: Vec<(DivisionCode, Vec<Option<String>>)>,
    townships: Vec<Township>,
}

/// A township-level division.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Township {
    /// Its code.
    pub code: DivisionCode,
    /// Its name in the newest list that has it.
    pub name: String,
    /// 街道, 镇, 管理区, 农场 or 开发区.
    pub kind: String,
    /// Whether it is one of the 23 that the report counts.
    pub in_report: bool,
}

/// A division as a list has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Its code.
    pub code: DivisionCode,
    /// Its name on the day of the list.
    pub name: String,
}

/// The lists cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the lists of divisions are damaged at line {line}: {detail}")]
pub struct DamagedLists {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong there.
    pub detail: String,
}

impl DivisionRegister {
    /// The lists that are built into the program.
    pub fn embedded() -> Result<Self, DamagedLists> {
        Self::parse(VILLAGES, TOWNSHIPS)
    }

    /// Reads the two tables.
    pub fn parse(villages: &str, townships: &str) -> Result<Self, DamagedLists> {
        let mut reader = csv::Reader::from_reader(villages.as_bytes());
        let damaged = |line: u64, detail: &dyn std::fmt::Display| DamagedLists { line, detail: detail.to_string() };
        let headers = reader.headers().map_err(|error| damaged(1, &error))?.clone();
        let dates: Vec<Date> = headers
            .iter()
            .skip(1)
            .map(|date| date.parse().map_err(|error: jiff::Error| damaged(1, &error)))
            .collect::<Result<_, _>>()?;
        let mut rows = Vec::new();
        for (number, row) in reader.records().enumerate() {
            let line = number as u64 + 2;
            let row = row.map_err(|error| damaged(line, &error))?;
            let code = row[0]
                .parse()
                .map_err(|error: crate::domain::codes::division::InvalidDivisionCode| damaged(line, &error))?;
            let names = row.iter().skip(1).map(|name| (!name.is_empty()).then(|| name.to_owned())).collect();
            rows.push((code, names));
        }
        Ok(Self { dates, villages: rows, townships: read_townships(townships)? })
    }

    /// The days of the lists, oldest first.
    pub fn dates(&self) -> &[Date] {
        &self.dates
    }

    /// The newest list that is not younger than a day; none before the first.
    pub fn list_on(&self, day: Date) -> Option<Date> {
        self.dates.iter().rev().find(|date| **date <= day).copied()
    }

    /// The villages of a list, by code.
    pub fn villages_on(&self, list: Date) -> impl Iterator<Item = Listed> {
        let column = self.dates.iter().position(|date| *date == list);
        self.villages
            .iter()
            .filter_map(move |(code, names)| Some(Listed { code: *code, name: names.get(column?)?.clone()? }))
    }

    /// The townships that have villages in a list.
    pub fn townships_on(&self, list: Date) -> Vec<&Township> {
        let mut codes: Vec<DivisionCode> =
            self.villages_on(list).filter_map(|village| village.code.at(DivisionLevel::Township)).collect();
        codes.sort_unstable();
        codes.dedup();
        self.townships.iter().filter(|township| codes.binary_search(&township.code).is_ok()).collect()
    }

    /// What a village was called in each list that has it.
    pub fn names_of(&self, code: DivisionCode) -> Vec<(Date, &str)> {
        let names = self.villages.iter().find(|(own, _)| *own == code).map(|(_, names)| names);
        let dated = names.into_iter().flatten().zip(&self.dates);
        dated.filter_map(|(name, date)| Some((*date, name.as_deref()?))).collect()
    }
}

fn read_townships(csv_text: &str) -> Result<Vec<Township>, DamagedLists> {
    #[derive(serde::Deserialize)]
    struct Row {
        code: DivisionCode,
        name: String,
        #[serde(rename = "type")]
        kind: String,
        in_report_23: u8,
    }
    csv::Reader::from_reader(csv_text.as_bytes())
        .deserialize()
        .enumerate()
        .map(|(number, row)| {
            let row: Row = row.map_err(|error| DamagedLists { line: number as u64 + 2, detail: error.to_string() })?;
            Ok(Township { code: row.code, name: row.name, kind: row.kind, in_report: row.in_report_23 == 1 })
        })
        .collect()
}
