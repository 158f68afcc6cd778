//! What became of the records of a file, rule by rule and line by line.

use std::collections::BTreeMap;
use std::io::Write;

use serde::Serialize;

use super::mapping::{Mapping, Target};
use crate::domain::{Lang, Revision};
use crate::edit::{Fault, title_of};
use crate::exchange::without_formula;

/// Findings that are kept; all are counted.
const MOST_KEPT: usize = 100_000;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The record is not brought in.
    Fault,
    /// It is, and is worth a look.
    Warning,
}

impl Severity {
    /// What people call it.
    pub const fn title(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::Fault, Lang::Zh) => "错误",
            (Self::Fault, Lang::En) => "fault",
            (Self::Warning, Lang::Zh) => "提示",
            (Self::Warning, Lang::En) => "warning",
        }
    }
}

/// One thing about one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where the record stands in the file.
    pub line: u64,
    /// How much it weighs.
    pub severity: Severity,
    /// The rule, a stable name.
    pub rule: &'static str,
    /// The column that it is about.
    pub column: Option<String>,
    /// What stands there.
    pub value: Option<String>,
    /// What it is, in Chinese.
    pub zh: String,
    /// What it is, in English.
    pub en: String,
}

impl Finding {
    /// What a fault of a feature says of the file.
    pub(super) fn of(mapping: &Mapping, line: u64, severity: Severity, fault: Fault) -> Self {
        let property = fault.pointer.strip_prefix("/properties/").map(|name| Target::Property(name.to_owned()));
        let column = property.and_then(|target| mapping.column(&target)).map(str::to_owned);
        Self { line, severity, rule: fault.code, column, value: None, zh: fault.message.zh, en: fault.message.en }
    }

    /// What it is, in a language.
    pub fn told(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}

/// What became of the records.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Records that were read.
    pub read: u64,
    /// Features that are new, or would be.
    pub created: u64,
    /// Features that have other content now, or would have.
    pub updated: u64,
    /// Features that were so already.
    pub unchanged: u64,
    /// Records that are not brought in.
    pub refused: u64,
    /// Records that could have been, had others not been refused.
    pub not_done: u64,
    /// How many findings each rule has.
    pub rules: BTreeMap<(Severity, &'static str), u64>,
    /// The findings, as many as are kept.
    pub findings: Vec<Finding>,
    /// The newest revision that it made.
    pub revision: Option<Revision>,
}

impl Report {
    /// A record that is brought in: as a new feature, as other content, or (none) as it was.
    pub(super) fn accept(&mut self, mapping: &Mapping, line: u64, is_new: Option<bool>, warnings: Vec<Fault>) {
        match is_new {
            Some(true) => self.created += 1,
            Some(false) => self.updated += 1,
            None => self.unchanged += 1,
        }
        for warning in warnings {
            self.keep(Finding::of(mapping, line, Severity::Warning, warning));
        }
    }

    /// What could have been brought in was not, since all or nothing was wanted.
    pub(super) fn nothing_done(&mut self) {
        self.not_done += self.created + self.updated + self.unchanged;
        (self.created, self.updated, self.unchanged) = (0, 0, 0);
    }

    /// A record that is not, and why.
    pub(super) fn refuse(&mut self, findings: Vec<Finding>) {
        self.refused += 1;
        for finding in findings {
            self.keep(finding);
        }
    }

    fn keep(&mut self, finding: Finding) {
        *self.rules.entry((finding.severity, finding.rule)).or_default() += 1;
        if self.findings.len() < MOST_KEPT {
            self.findings.push(finding);
        }
    }

    /// Whether some findings were counted only.
    pub fn is_cut(&self) -> bool {
        self.rules.values().sum::<u64>() > self.findings.len() as u64
    }

    /// The findings as a table (RFC 4180), in the order of the lines.
    pub fn write_table(&self, lang: Lang, out: &mut dyn Write) -> Result<(), csv::Error> {
        let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        table.write_record(match lang {
            Lang::Zh => ["行", "程度", "规则", "列", "值", "说明", "代码"],
            Lang::En => ["line", "severity", "rule", "column", "value", "message", "code"],
        })?;
        let mut findings: Vec<&Finding> = self.findings.iter().collect();
        findings.sort_by_key(|finding| finding.line);
        for finding in findings {
            let text = |text: &Option<String>| text.as_deref().map(without_formula).unwrap_or_default().into_owned();
            table.write_record([
                finding.line.to_string(),
                finding.severity.title(lang).to_owned(),
                title_of(finding.rule).in_lang(lang).to_owned(),
                text(&finding.column),
                text(&finding.value),
                finding.told(lang).to_owned(),
                finding.rule.to_owned(),
            ])?;
        }
        Ok(table.flush()?)
    }
}
