//! Configuration: defaults, then a file, then the environment, then flags; later ones win.
//!
//! `platbook serve --print-config` prints what came out of it, as a file that can be used again.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use serde::{Deserialize, Serialize};

use crate::app::TileLimits;
use crate::domain::RoleId;
use crate::http::{Access, Limits};
use crate::{print, webhooks};

/// The file that is read when none is named and it is there.
pub const DEFAULT_FILE: &str = "platbook.toml";

/// Everything that can be set.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the log is kept: a path of a SQLite file, or `postgres://…`.
    pub database: String,
    /// The address that is served. Loopback by default.
    pub listen: SocketAddr,
    /// The folder of the catalogue; none: the one built into the program.
    pub catalog: Option<PathBuf>,
    /// How the log of the program is written.
    pub log: LogFormat,
    /// Bounds of tiles.
    pub tiles: TileLimits,
    /// Bounds of requests.
    pub http: Limits,
    /// How people sign in, and what those see who do not.
    pub access: Access,
    /// How webhooks are delivered.
    pub webhooks: webhooks::Settings,
    /// How prints are made.
    pub print: print::Settings,
}

/// How the log of the program is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people at a terminal.
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for Config {
    fn default() -> Self {
        const PORT: u16 = 7171;
        Self {
            database: "platbook-data/city.sqlite".to_owned(),
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), PORT),
            catalog: None,
            log: LogFormat::Text,
            tiles: TileLimits::default(),
            http: Limits::default(),
            access: Access::default(),
            webhooks: webhooks::Settings::default(),
            print: print::Settings::default(),
        }
    }
}

/// What the command line sets; it wins over file and environment.
#[derive(Debug, Default, Serialize)]
pub struct Flags {
    /// `--database`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// `--listen`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    /// `--catalog`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catalog: Option<PathBuf>,
    /// Flags about access.
    pub access: AccessFlags,
}

/// What the command line sets about access.
#[derive(Debug, Default, Serialize)]
pub struct AccessFlags {
    /// `--anonymous-role`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anonymous_role: Option<RoleId>,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file was named that is not there.
    #[error("the configuration file {} does not exist", path.display())]
    NoFile {
        /// The file.
        path: PathBuf,
    },
    /// A key is unknown, or a value is of the wrong kind.
    #[error("the configuration is wrong: {0}")]
    Wrong(Box<figment::Error>),
    /// It cannot be written as TOML.
    #[error("the configuration cannot be printed: {0}")]
    Print(#[from] toml::ser::Error),
}

impl Config {
    /// Reads the configuration: `file` if named, else `platbook.toml` if it is there; then
    /// `PLATBOOK_…` variables (`PLATBOOK_TILES__CACHE_BYTES`), then flags.
    pub fn read(file: Option<&Path>, flags: &Flags) -> Result<Self, ConfigError> {
        if let Some(path) = file.filter(|path| !path.is_file()) {
            return Err(ConfigError::NoFile { path: path.to_owned() });
        }
        let path = file.unwrap_or_else(|| Path::new(DEFAULT_FILE));
        let defaults = Figment::from(Serialized::defaults(Self::default()));
        let with_file = if path.is_file() { defaults.merge(Toml::file_exact(path)) } else { defaults };
        with_file
            .merge(Env::prefixed("PLATBOOK_").split("__"))
            .merge(Serialized::defaults(flags))
            .extract()
            .map_err(|error| ConfigError::Wrong(Box::new(error)))
    }

    /// The configuration as a file that reads back as it is.
    pub fn print(&self) -> Result<String, ConfigError> {
        Ok(toml::to_string_pretty(self)?)
    }
}
