//! Reading the catalogue's files; every fault is found at once, with file, line and key.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use rust_embed::RustEmbed;
use serde::de::DeserializeOwned;

use super::check::{Checked, check_inside, check_layer, check_named, check_roles};
use super::{Catalogue, City, Department, Group, Layer, Roles};

/// The files that are built into the program.
#[derive(RustEmbed)]
#[folder = "data/catalog"]
#[include = "*.toml"]
struct BuiltIn;

/// The catalogue cannot be used; each fault says where it is and what was expected.
#[derive(Debug, thiserror::Error)]
#[error("the catalogue has {} faults:\n{}", faults.len(), faults.iter().map(|fault| format!("  {fault}")).collect::<Vec<_>>().join("\n"))]
pub struct CatalogueError {
    /// All that is wrong, in order of file and line.
    pub faults: Vec<Fault>,
}

/// One thing that is wrong in one file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file, relative to the catalogue's folder.
    pub file: String,
    /// The line, from 1; 0 when the whole file is meant.
    pub line: usize,
    /// The key, dotted.
    pub key: String,
    /// What was expected, and what was found.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if !self.key.is_empty() {
            write!(f, "`{}`: ", self.key)?;
        }
        f.write_str(&self.message)
    }
}

/// The catalogue's files by name.
pub type Files = BTreeMap<String, String>;

impl Catalogue {
    /// The catalogue that is built into the program.
    pub fn embedded() -> Result<Self, CatalogueError> {
        let text = |name: &str| {
            BuiltIn::get(name).map(|file| String::from_utf8_lossy(&file.data).into_owned()).unwrap_or_default()
        };
        Self::parse(&BuiltIn::iter().map(|name| (name.to_string(), text(&name))).collect())
    }

    /// Reads the catalogue of a folder.
    pub fn load(folder: &Path) -> Result<Self, CatalogueError> {
        let mut files = Files::new();
        let mut faults = Vec::new();
        for (name, path) in toml_files(folder, &mut faults) {
            match std::fs::read_to_string(&path) {
                Ok(text) => {
                    files.insert(name, text);
                }
                Err(error) => faults.push(whole_file(&name, format!("cannot be read: {error}"))),
            }
        }
        if !faults.is_empty() {
            return Err(CatalogueError { faults });
        }
        Self::parse(&files)
    }

    /// Reads and checks files: `city.toml`, `groups.toml`, `departments.toml`, `roles.toml`,
    /// `layers/*.toml`.
    pub fn parse(files: &Files) -> Result<Self, CatalogueError> {
        let mut faults = Vec::new();
        let city: Option<City> = read(files, "city.toml", &mut faults);
        let groups: Option<indexmap::IndexMap<String, Group>> = read(files, "groups.toml", &mut faults);
        let departments: Option<indexmap::IndexMap<String, Department>> = read(files, "departments.toml", &mut faults);
        let roles: Option<Roles> = read(files, "roles.toml", &mut faults);
        let mut layers: Vec<(String, Layer)> = Vec::new();
        for name in files.keys().filter(|name| name.starts_with("layers/")) {
            if let Some(layer) = read(files, name, &mut faults) {
                layers.push((name.clone(), layer));
            }
        }
        let (Some(city), Some(groups), Some(departments), Some(roles)) = (city, groups, departments, roles) else {
            return Err(CatalogueError { faults });
        };
        let mut classes = BTreeMap::new();
        for (name, layer) in &layers {
            let mut checked = Checked::new(name, &files[name], &mut faults);
            check_layer(layer, &groups, &departments, &mut classes, &mut checked);
            check_inside(layer, &layers, &mut checked);
            check_named(layer, &layers, &mut checked);
        }
        check_roles(&roles, &mut Checked::new("roles.toml", &files["roles.toml"], &mut faults));
        if layers.len() > Self::MOST_LAYERS {
            let message = format!("{} layers are declared; at most {} can be", layers.len(), Self::MOST_LAYERS);
            faults.push(whole_file("layers", message));
        }
        if !faults.is_empty() {
            faults.sort();
            return Err(CatalogueError { faults });
        }
        layers.sort_by(|(_, a), (_, b)| a.order.cmp(&b.order).then_with(|| a.id.cmp(&b.id)));
        let (enabled, disabled) = layers.into_iter().map(|(_, layer)| layer).partition(|layer| layer.enabled);
        Ok(Self { city, groups, departments, roles, layers: enabled, disabled, digest: digest(files) })
    }
}

fn digest(files: &Files) -> u64 {
    let mut hasher = xxhash_rust::xxh3::Xxh3::new();
    for (name, text) in files {
        hasher.update(name.as_bytes());
        hasher.update(&[0]);
        hasher.update(text.as_bytes());
        hasher.update(&[0]);
    }
    hasher.digest()
}

fn toml_files(folder: &Path, faults: &mut Vec<Fault>) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    for (prefix, folder) in [("", folder.to_owned()), ("layers/", folder.join("layers"))] {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                faults.push(whole_file(&folder.display().to_string(), format!("cannot be read: {error}")));
                continue;
            }
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().and_then(|name| name.to_str());
            if let Some(name) = name.filter(|_| path.extension().is_some_and(|ending| ending == "toml")) {
                found.push((format!("{prefix}{name}"), path));
            }
        }
    }
    found
}

fn whole_file(file: &str, message: String) -> Fault {
    Fault { file: file.to_owned(), line: 0, key: String::new(), message }
}

/// Reads one file; what is wrong with it becomes a fault.
fn read<T: DeserializeOwned>(files: &Files, name: &str, faults: &mut Vec<Fault>) -> Option<T> {
    let Some(text) = files.get(name) else {
        faults.push(whole_file(name, "the file is missing".to_owned()));
        return None;
    };
    match toml::from_str(text) {
        Ok(value) => Some(value),
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            let line = line_at(text, at);
            let key = key_on_line(text, line);
            faults.push(Fault { file: name.to_owned(), line, key, message: error.message().to_owned() });
            None
        }
    }
}

/// The line of a byte, from 1.
pub(super) fn line_at(text: &str, byte: usize) -> usize {
    text.char_indices().take_while(|(at, _)| *at < byte).filter(|(_, letter)| *letter == '\n').count() + 1
}

/// The key that a line sets, with the heading it stands under.
fn key_on_line(text: &str, line: usize) -> String {
    let mut heading = String::new();
    let mut key = String::new();
    for line in text.lines().take(line) {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            heading = format!("{}.", name.trim_matches(['[', ']']));
            key.clear();
        } else if let Some((name, _)) = line.split_once('=')
            && !line.starts_with(['{', '#'])
        {
            name.trim().clone_into(&mut key);
        }
    }
    format!("{heading}{key}").trim_end_matches('.').to_owned()
}
