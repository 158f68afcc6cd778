//! What the city has published, beside what its lists and outlines give. Neither is bent to the other.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::divisions::{DamagedLists, DivisionRegister};
use crate::domain::Bilingual;

const PUBLISHED: &str = include_str!("../../data/published.csv");

/// How a figure was worded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Qualifier {
    /// As it stands.
    Exact,
    /// 超, 余, 多: more than it.
    Over,
    /// 约: about it.
    About,
}

/// A figure of the city's report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Published {
    /// Its name.
    pub id: String,
    /// The section it stands in.
    pub section: String,
    /// Its name in Chinese.
    pub title_zh: String,
    /// Its name in English.
    pub title_en: String,
    /// The number, in `unit`.
    pub value: f64,
    /// The unit, as the report writes it.
    pub unit: String,
    /// How it was worded.
    pub qualifier: Qualifier,
    /// The day it holds for.
    pub as_of: Date,
    /// The words it stands in.
    pub sentence: String,
}

/// A figure beside its counterparts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The figure's name.
    pub id: String,
    /// Its title.
    pub title: Bilingual,
    /// What was published.
    pub declared: Published,
    /// What other sources give.
    pub counterparts: Vec<Counterpart>,
    /// Whether any counterpart says the same.
    pub agrees: bool,
}

/// What another source gives for a figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Counterpart {
    /// The number.
    pub value: f64,
    /// Its unit.
    pub unit: String,
    /// Where it is from.
    pub source: Bilingual,
    /// The day it holds for; none for what is computed now.
    pub date: Option<Date>,
    /// Whether it was made up after the figure, so that it proves nothing.
    pub synthetic: bool,
}

/// All published figures.
pub fn published() -> Result<Vec<Published>, DamagedLists> {
    csv::Reader::from_reader(PUBLISHED.as_bytes())
        .deserialize()
        .enumerate()
        .map(|(number, row)| row.map_err(|error| DamagedLists { line: number as u64 + 2, detail: error.to_string() }))
        .collect()
}

/// What the map itself counts, to be held beside the figures.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counted {
    /// Geodesic area of the city's outline, square metres.
    pub outline_m2: Option<f64>,
    /// Townships on the map.
    pub townships: u64,
    /// Villages on the map.
    pub villages: u64,
    /// Whether the map holds the synthetic demo.
    pub synthetic: bool,
}

/// Every published figure beside what is known of it.
pub fn compare(figures: &[Published], register: &DivisionRegister, counted: Counted) -> Vec<Comparison> {
    figures
        .iter()
        .map(|declared| {
            let counterparts = counterparts(&declared.id, register, counted);
            let proves = |other: &Counterpart| !other.synthetic && (other.value - declared.value).abs() < 0.5;
            Comparison {
                id: declared.id.clone(),
                title: Bilingual { zh: declared.title_zh.clone(), en: declared.title_en.clone() },
                agrees: counterparts.iter().any(proves),
                declared: declared.clone(),
                counterparts,
            }
        })
        .collect()
}

fn counterparts(id: &str, register: &DivisionRegister, counted: Counted) -> Vec<Counterpart> {
    let list = |date: &Date, value: usize, unit: &str| Counterpart {
        value: value as f64,
        unit: unit.to_owned(),
        source: text("国家统计局统计用区划代码", "Statistical division codes, National Bureau of Statistics"),
        date: Some(*date),
        synthetic: false,
    };
    let on_map = |value: u64, unit: &str| Counterpart {
        value: value as f64,
        unit: unit.to_owned(),
        source: if counted.synthetic {
            text("本图（合成边界）", "This map (synthetic outlines)")
        } else {
            text("本图", "This map")
        },
        date: None,
        synthetic: counted.synthetic,
    };
    match id {
        "townships" => {
            let mut all: Vec<_> =
                register.dates().iter().map(|date| list(date, register.townships_on(*date).len(), "个")).collect();
            all.push(on_map(counted.townships, "个"));
            all
        }
        "villages" => {
            let mut all: Vec<_> =
                register.dates().iter().map(|date| list(date, register.villages_on(*date).count(), "个")).collect();
            all.push(on_map(counted.villages, "个"));
            all
        }
        "area" => counted
            .outline_m2
            .map(|outline_m2| Counterpart {
                value: (outline_m2 / 1e4).round() / 100.0,
                unit: "平方公里".to_owned(),
                source: text(
                    "天地图 2024 市界的大地线面积（审图号 GS(2024)0650号）",
                    "Geodesic area of the 2024 Tianditu outline (approval no. GS(2024)0650)",
                ),
                date: None,
                synthetic: false,
            })
            .into_iter()
            .collect(),
        _ => Vec::new(),
    }
}

fn text(zh: &str, en: &str) -> Bilingual {
    Bilingual { zh: zh.to_owned(), en: en.to_owned() }
}
