//! The house is in order: imports point one way, files stay short, generated files are fresh.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::success;

/// What each module may use, from the bottom up (ARCHITECTURE.md shows the same as a picture).
const MAY_USE: [(&str, &[&str]); 20] = [
    ("domain", &[]),
    ("error", &[]),
    ("geodesy", &["domain"]),
    ("filter", &["domain", "geodesy"]),
    ("catalog", &["domain", "geodesy", "filter"]),
    ("auth", &["domain", "catalog"]),
    ("index", &["domain", "geodesy", "filter", "catalog"]),
    ("tiles", &["domain", "geodesy", "catalog", "index"]),
    ("store", &["domain"]),
    ("edit", &["domain", "geodesy", "catalog", "auth", "index"]),
    ("demo", &["domain", "geodesy", "catalog"]),
    ("exchange", &["domain", "geodesy", "catalog", "index", "tiles"]),
    ("app", &["domain", "error", "filter", "catalog", "auth", "edit", "index", "tiles", "store"]),
    ("webhooks", &["domain", "error", "store", "app"]),
    ("print", &[]),
    ("imports", &["domain", "geodesy", "catalog", "auth", "index", "edit", "store", "exchange", "app"]),
    (
        "http",
        &[
            "domain", "error", "geodesy", "filter", "catalog", "auth", "edit", "index", "tiles", "store", "exchange",
            "app", "webhooks", "print", "imports",
        ],
    ),
    ("config", &["domain", "app", "webhooks", "print", "http"]),
    (
        "cli",
        &[
            "domain", "error", "geodesy", "filter", "catalog", "auth", "index", "tiles", "store", "demo", "exchange",
            "app", "webhooks", "print", "imports", "http", "config",
        ],
    ),
    ("lib", &[]),
];

/// Lines a source file may have.
const LONGEST_FILE: usize = 600;

fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().map(Result::unwrap) {
            let path = entry.path();
            let name = entry.file_name().into_string().unwrap();
            if path.is_dir() && !["node_modules", "dist", "generated"].contains(&name.as_str()) {
                folders.push(path);
            } else if name.ends_with(ending) {
                found.push(path);
            }
        }
    }
    found
}

fn module_of(path: &Path) -> String {
    let inside = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

#[test]
fn imports_point_down() {
    let may_use: BTreeMap<&str, &[&str]> = MAY_USE.into_iter().collect();
    let mut wrong = Vec::new();
    for path in files("src", ".rs") {
        let module = module_of(&path);
        if module == "main" || module == "lib" {
            continue;
        }
        let allowed = may_use.get(module.as_str()).unwrap_or_else(|| panic!("module {module} is not in the table"));
        for line in fs::read_to_string(&path).unwrap().lines().filter(|line| !line.trim_start().starts_with("//")) {
            for used in line.split("crate::").skip(1) {
                let used: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if used != module && !used.is_empty() && !allowed.contains(&used.as_str()) {
                    wrong.push(format!("{}: {module} may not use {used}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_are_short() {
    let long: Vec<String> = ["src", "tests", "web/src", "web/e2e"]
        .into_iter()
        .flat_map(|folder| [".rs", ".ts", ".svelte", ".css"].into_iter().flat_map(move |ending| files(folder, ending)))
        .filter_map(|path| {
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            (lines > LONGEST_FILE).then(|| format!("{}: {lines} lines", path.display()))
        })
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn only_the_store_knows_sql_and_only_http_knows_axum() {
    for (word, home) in [("sqlx::", "store"), ("axum::", "http")] {
        for path in files("src", ".rs") {
            let module = module_of(&path);
            if module == home || (word == "axum::" && module == "cli") {
                continue;
            }
            assert!(!fs::read_to_string(&path).unwrap().contains(word), "{} names {word}", path.display());
        }
    }
}

#[test]
fn handlers_reach_the_map_only_as_somebody() {
    for path in files("src/http", ".rs") {
        let text = fs::read_to_string(&path).unwrap();
        for word in ["app.snapshot()", "app.seen_by("] {
            let is_the_door = path.ends_with("http/access.rs") && word == "app.seen_by(";
            assert!(is_the_door || !text.contains(word), "{} asks {word} past the caller", path.display());
        }
    }
}

#[test]
fn the_pure_modules_know_no_clock_no_task_and_no_chance() {
    for path in files("src", ".rs") {
        if !["domain", "geodesy", "filter", "catalog", "auth", "index", "tiles", "demo", "exchange"]
            .contains(&module_of(&path).as_str())
        {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for word in [
            "tokio::",
            "async fn",
            "SystemTime::now",
            "Timestamp::now",
            "Instant::now",
            "rand::rng(",
            "thread_rng",
            "std::env::",
        ] {
            assert!(!text.contains(word), "{} has {word}", path.display());
        }
    }
}

#[test]
fn migrations_have_the_same_numbers_on_both_stores() {
    let numbers = |folder: &str| {
        let mut names: Vec<String> = files(folder, ".sql")
            .iter()
            .map(|path| path.file_name().unwrap().to_str().unwrap()[..4].to_owned())
            .collect();
        names.sort();
        names
    };
    assert!(!numbers("migrations/sqlite").is_empty());
    assert_eq!(numbers("migrations/sqlite"), numbers("migrations/postgres"));
}

#[test]
fn the_description_from_which_clients_are_made_is_fresh() {
    let kept = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("web/openapi.json")).unwrap();
    assert_eq!(kept, success(&["openapi"]), "run `make api`");
}
