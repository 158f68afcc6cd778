//! Which column of a file is which property of a layer, and how its values are read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::catalog::{EnumValue, Layer, Property, PropertyType, SYNTHETIC};
use crate::exchange::read::{SourceColumn, as_text};

/// What a column is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum Target {
    /// A property of the layer.
    Property(String),
    /// Coordinates to the east.
    X,
    /// Coordinates to the north.
    Y,
    /// A geometry in well-known text.
    Wkt,
}

impl From<String> for Target {
    fn from(name: String) -> Self {
        match name.as_str() {
            "@x" => Self::X,
            "@y" => Self::Y,
            "@wkt" => Self::Wkt,
            _ => Self::Property(name),
        }
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        match target {
            Target::Property(name) => name,
            Target::X => "@x".to_owned(),
            Target::Y => "@y".to_owned(),
            Target::Wkt => "@wkt".to_owned(),
        }
    }
}

/// A column is to be a property that the layer does not have, or two are to be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownTarget {
    /// No such property.
    #[error("column `{column}` is to be `{target}`, but the layer has only {known}")]
    NoProperty {
        /// The column.
        column: String,
        /// What it is to be.
        target: String,
        /// What there is.
        known: String,
    },
    /// Features are known by their code, and no column is it.
    #[error("no column is `{code}`, by which features are known; say which column is (the file has {columns})")]
    NoCode {
        /// The property that holds the code.
        code: String,
        /// The columns of the file.
        columns: String,
    },
    /// The file has no such column.
    #[error("the file has no column `{column}`")]
    NoColumn {
        /// The column.
        column: String,
    },
    /// Two columns are the same.
    #[error("the columns `{first}` and `{second}` are both to be `{target}`")]
    Twice {
        /// A column.
        first: String,
        /// Another.
        second: String,
        /// What both are to be.
        target: String,
    },
}

/// Columns and what they are; a column that is none of these is passed over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mapping(pub BTreeMap<String, Target>);

/// Names of columns that hold coordinates, in lower case.
const X_NAMES: [&str; 10] = ["@x", "lon", "lng", "long", "longitude", "x", "经度", "东经", "中心点经度", "point_x"];
const Y_NAMES: [&str; 9] = ["@y", "lat", "latitude", "y", "纬度", "北纬", "中心点纬度", "point_y", "weidu"];
const WKT_NAMES: [&str; 6] = ["@wkt", "geometry_wkt", "wkt", "geom", "geometry", "the_geom"];

/// The longest name of a column of a shapefile, bytes.
const SHORT: usize = 10;

impl Mapping {
    /// What the names of columns say: the property's own, its title in either language, what a shapefile leaves
    /// of it, or the end of its title.
    pub fn guess(layer: &Layer, columns: &[SourceColumn]) -> Self {
        let mut taken = BTreeMap::new();
        for rule in [exact, titled, shortened, partly] {
            for column in columns {
                let known = |target: &Target| taken.values().any(|other| other == target);
                if let Some(target) = rule(layer, &column.name)
                    && !taken.contains_key(&column.name)
                    && !known(&target)
                {
                    taken.insert(column.name.clone(), target);
                }
            }
        }
        // Well-known text says more than one position of it.
        if taken.values().any(|target| *target == Target::Wkt) {
            taken.retain(|_, target| !matches!(target, Target::X | Target::Y));
        }
        Self(taken)
    }

    /// Refuses what the layer or the file does not have.
    pub fn check(&self, layer: &Layer, columns: &[SourceColumn]) -> Result<(), UnknownTarget> {
        let mut seen: BTreeMap<&Target, &String> = BTreeMap::new();
        for (column, target) in &self.0 {
            if !columns.iter().any(|known| known.name == *column) {
                return Err(UnknownTarget::NoColumn { column: column.clone() });
            }
            if let Target::Property(name) = target
                && !layer.properties.contains_key(name)
                && name != SYNTHETIC
            {
                let known = layer.properties.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                return Err(UnknownTarget::NoProperty { column: column.clone(), target: name.clone(), known });
            }
            if let Some(first) = seen.insert(target, column) {
                let target = String::from(target.clone());
                return Err(UnknownTarget::Twice { first: first.clone(), second: column.clone(), target });
            }
        }
        let code = layer.code.as_ref().map(|rule| &rule.property).filter(|code| layer.properties[*code].required);
        match code.filter(|code| self.column(&Target::Property((*code).clone())).is_none()) {
            None => Ok(()),
            Some(code) => {
                let columns = columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
                Err(UnknownTarget::NoCode { code: code.clone(), columns })
            }
        }
    }

    /// The column that is something.
    pub fn column(&self, target: &Target) -> Option<&str> {
        self.0.iter().find(|(_, own)| *own == target).map(|(column, _)| column.as_str())
    }
}

fn exact(layer: &Layer, column: &str) -> Option<Target> {
    let name = column.to_lowercase();
    let place = [(&X_NAMES[..], Target::X), (&Y_NAMES[..], Target::Y), (&WKT_NAMES[..], Target::Wkt)];
    let own = layer.properties.keys().map(String::as_str).chain([SYNTHETIC]).find(|own| *own == name);
    own.map(|own| Target::Property(own.to_owned()))
        .or_else(|| place.into_iter().find(|(names, _)| names.contains(&name.as_str())).map(|(_, target)| target))
}

fn titled(layer: &Layer, column: &str) -> Option<Target> {
    let column = plain(column);
    let is_titled = |property: &Property| plain(&property.title.zh) == column || plain(&property.title.en) == column;
    let (name, _) = layer.properties.iter().find(|(_, property)| is_titled(property))?;
    Some(Target::Property(name.clone()))
}

fn shortened(layer: &Layer, column: &str) -> Option<Target> {
    let column = column.to_lowercase();
    let mut cut = layer.properties.keys().filter(|name| column.len() == SHORT && name.starts_with(&column));
    let name = cut.next()?;
    // Two that begin alike cannot be told apart.
    cut.next().is_none().then(|| Target::Property(name.clone()))
}

/// `编码` is the code of the layer, `地址` the one property whose title ends so.
fn partly(layer: &Layer, column: &str) -> Option<Target> {
    let column = plain(column);
    if column.is_empty() {
        return None;
    }
    if let Some(rule) = layer.code.as_ref().filter(|_| matches!(column.as_str(), "编码" | "代码" | "编号" | "id"))
    {
        return Some(Target::Property(rule.property.clone()));
    }
    let mut ending = layer.properties.iter().filter(|(_, property)| plain(&property.title.zh).ends_with(&column));
    let (name, _) = ending.next()?;
    ending.next().is_none().then(|| Target::Property(name.clone()))
}

/// A title without case, spaces and units in brackets.
fn plain(title: &str) -> String {
    let title = title.split(['(', '（']).next().unwrap_or(title);
    title.chars().filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect()
}

/// A value as a property of a type and, where they are told, of these values has it; or what was expected.
pub(super) fn value_of(kind: PropertyType, values: &[EnumValue], value: &Value) -> Result<Value, (String, String)> {
    let text = as_text(value);
    let text = text.trim();
    let none = |zh: &str, en: &str| (format!("应为{zh}，得到“{text}”"), format!("expected {en}, got `{text}`"));
    match kind {
        PropertyType::String if values.is_empty() => Ok(Value::String(text.to_owned())),
        PropertyType::String => {
            let is_it = |known: &&EnumValue| {
                known.value == text || known.title.zh == text || known.title.en.eq_ignore_ascii_case(text)
            };
            let known = values.iter().find(is_it);
            known.map(|known| Value::String(known.value.clone())).ok_or_else(|| {
                let zh = values.iter().map(|known| known.title.zh.as_str()).collect::<Vec<_>>().join("、");
                let en = values.iter().map(|known| known.value.as_str()).collect::<Vec<_>>().join(", ");
                none(&format!("{zh}之一"), &format!("one of {en}"))
            })
        }
        PropertyType::Integer => whole(text).map(Value::from).ok_or_else(|| none("整数", "a whole number")),
        PropertyType::Number => {
            let number = text.replace(',', "").parse::<f64>().ok().filter(|number| number.is_finite());
            number.map(Value::from).ok_or_else(|| none("数", "a number"))
        }
        PropertyType::Boolean => match text.to_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "1" | "是" | "有" => Ok(Value::Bool(true)),
            "false" | "f" | "no" | "n" | "0" | "否" | "无" => Ok(Value::Bool(false)),
            _ => Err(none("是或否", "yes or no")),
        },
        PropertyType::Date => {
            day(text).map(Value::String).ok_or_else(|| none("日期，如 2025-06-30", "a day such as 2025-06-30"))
        }
    }
}

/// A whole number, also written as `12.0` or `1,200`.
fn whole(text: &str) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let text = text.replace(',', "");
    let by_point = || text.parse::<f64>().ok().filter(|n| n.fract() == 0.0 && n.abs() < EXACT).map(|n| n as i64);
    text.parse().ok().or_else(by_point)
}

/// A day as it is written in tables: `2025-06-30`, `2025/6/30`, `20250630`, `2025年6月30日`, with or without a time.
fn day(text: &str) -> Option<String> {
    let day = text.split(['T', ' ']).next().unwrap_or(text);
    let digits: Vec<&str> = day.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let (year, month, date) = match digits[..] {
        [year, month, date] if year.len() == 4 => (year, month, date),
        [all] if all.len() == 8 => (&all[..4], &all[4..6], &all[6..]),
        _ => return None,
    };
    let day = jiff::civil::Date::new(year.parse().ok()?, month.parse().ok()?, date.parse().ok()?).ok()?;
    Some(day.to_string())
}

#[cfg(test)]
mod tests {
    use super::{day, whole};

    #[test]
    fn days_are_read_as_people_write_them() {
        for text in ["2025-06-03", "2025/6/3", "20250603", "2025年6月3日", "2025-06-03T08:00:00", "2025-6-3 08:00"] {
            assert_eq!(day(text).as_deref(), Some("2025-06-03"), "{text}");
        }
        for text in ["", "2025", "2025-13-01", "3.6.2025", "20250632", "明天"] {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn whole_numbers_are_read_as_tables_have_them() {
        assert_eq!(whole("1,200"), Some(1200));
        assert_eq!(whole("12.0"), Some(12));
        assert_eq!(whole("12.5"), None);
        assert_eq!(whole("1e400"), None);
    }
}
