//! The command line: what the program can be asked from a terminal.

mod check;
mod demo;
mod export;
mod import;
mod import_file;
mod map;
mod progress;
mod serve;
mod tiles;
mod user;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};

use crate::auth::InvalidGrant;
use crate::catalog::{Catalogue, CatalogueError};
use crate::config::{AccessFlags, Config, ConfigError, Flags, LogFormat};
use crate::domain::RoleId;
use crate::store::{self, Store, StoreError};

/// Platbook: a city's digital infrastructure on one map.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
pub struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What every command understands.
#[derive(Debug, Args)]
struct Common {
    /// The database: a path of a SQLite file, or postgres://…
    #[arg(long, global = true, value_name = "PATH|URL")]
    database: Option<String>,
    /// The configuration file [default: platbook.toml, if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder of the catalogue [default: the one built into the program]
    #[arg(long, global = true, value_name = "DIR")]
    catalog: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the map and its API
    Serve(ServeArgs),
    /// Fill an empty database with the synthetic demo city
    Demo(demo::DemoArgs),
    /// Bring in features from a file
    Import(import::ImportArgs),
    /// Prove that log, features, index and counts agree
    Check,
    /// Write a layer in a format that others read
    Export(export::ExportArgs),
    /// Draw an archive of tiles (PMTiles, MBTiles)
    Tiles(tiles::TilesArgs),
    /// Make, change and list accounts
    #[command(subcommand)]
    User(user::UserCommand),
    /// Make tokens for programs
    #[command(subcommand)]
    Token(user::TokenCommand),
    /// Print the description of the API (OpenAPI 3.0, JSON)
    Openapi,
}

#[derive(Debug, Args)]
struct ServeArgs {
    /// The address to serve [default: 127.0.0.1:7171]
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<SocketAddr>,
    /// What those see who do not sign in: a role, in all layers [default: public layers only]
    #[arg(long, value_name = "ROLE")]
    anonymous_role: Option<RoleId>,
    /// Print the configuration and end
    #[arg(long)]
    print_config: bool,
}

/// Why a command ended without doing its work.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The catalogue.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The demo's sources or plan.
    #[error(transparent)]
    Demo(#[from] demo::DemoError),
    /// What was asked to be written.
    #[error(transparent)]
    Export(#[from] export::ExportError),
    /// An archive of tiles.
    #[error(transparent)]
    Tiles(#[from] tiles::TilesError),
    /// The address cannot be served.
    #[error("{listen} cannot be served: {}", bind_advice(source))]
    Bind {
        /// The address.
        listen: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The check found differences.
    #[error("{faults} faults found; restore the database from a backup, or report them")]
    Unsound {
        /// How many.
        faults: usize,
    },
    /// What was asked to be imported.
    #[error(transparent)]
    Import(#[from] import::ImportError),
    /// A file that was asked to be imported.
    #[error(transparent)]
    File(#[from] import_file::FileError),
    /// An account.
    #[error(transparent)]
    User(#[from] user::UserError),
    /// Settings of access name what is not declared.
    #[error("the settings of access are wrong: {0}")]
    Access(#[from] InvalidGrant),
    /// An OpenStreetMap extract.
    #[error(transparent)]
    Osm(#[from] crate::exchange::osm::OsmError),
    /// A layer's schema does not compile.
    #[error("a layer's schema does not compile: {0}")]
    Schema(String),
    /// Reading or writing files or the terminal.
    #[error("{doing}")]
    Io {
        /// What was being done.
        doing: String,
        /// What the system said.
        source: std::io::Error,
    },
}

fn bind_advice(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            "the port is in use; stop the other program or choose another port with --listen".to_owned()
        }
        std::io::ErrorKind::PermissionDenied => {
            "not allowed; ports below 1024 need rights, choose another with --listen".to_owned()
        }
        _ => error.to_string(),
    }
}

/// Runs the command line. The exit code is 0 when the work was done, 1 when not, 2 for wrong words.
pub fn run(cli: Cli) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    match runtime.block_on(cli.execute()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

#[allow(clippy::print_stderr)]
fn failed(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("platbook: {}", crate::error::chain(error));
    ExitCode::FAILURE
}

impl Cli {
    async fn execute(self) -> Result<(), CliError> {
        let (listen, anonymous_role) = match &self.command {
            Command::Serve(args) => (args.listen, args.anonymous_role.clone()),
            _ => (None, None),
        };
        let access = AccessFlags { anonymous_role };
        let flags = Flags { database: self.common.database, catalog: self.common.catalog, listen, access };
        let config = Config::read(self.common.config.as_deref(), &flags)?;
        match self.command {
            Command::Serve(args) if args.print_config => say(&config.print()?),
            Command::Serve(_) => serve::serve(config).await,
            Command::Demo(args) => demo::demo(&config, args).await,
            Command::Import(args) => import::import(&config, args).await,
            Command::Check => check::check(&config).await,
            Command::Export(args) => export::export(&config, args).await,
            Command::Tiles(args) => tiles::tiles(&config, args).await,
            Command::User(command) => user::user(&config, command).await,
            Command::Token(command) => user::token(&config, command).await,
            Command::Openapi => openapi(&config),
        }
    }
}

/// The catalogue that the configuration names.
fn read_catalogue(config: &Config) -> Result<Arc<Catalogue>, CatalogueError> {
    let catalogue = match &config.catalog {
        Some(dir) => Catalogue::load(dir)?,
        None => Catalogue::embedded()?,
    };
    Ok(Arc::new(catalogue))
}

/// The database that the configuration names; made if there is none and `create` says so.
async fn open_store(config: &Config, create: bool) -> Result<Arc<dyn Store>, StoreError> {
    if create { store::open(&config.database).await } else { store::open_existing(&config.database).await }
}

/// Writes a result to the terminal. A reader who has seen enough (`| head`) is no failure.
fn say(text: &str) -> Result<(), CliError> {
    use std::io::{ErrorKind, Write};
    match writeln!(std::io::stdout().lock(), "{}", text.trim_end()) {
        Err(source) if source.kind() != ErrorKind::BrokenPipe => {
            Err(CliError::Io { doing: "writing to the terminal".to_owned(), source })
        }
        _ => Ok(()),
    }
}

/// Starts the log of the program, on standard error; `RUST_LOG` chooses what is in it.
fn start_log(format: LogFormat) {
    use std::io::IsTerminal;

    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match format {
        LogFormat::Text => log.with_target(false).init(),
        LogFormat::Json => log.json().init(),
    }
}

/// Prints the description of the API.
fn openapi(config: &Config) -> Result<(), CliError> {
    let catalogue = read_catalogue(config)?;
    say(&format!("{:#}", crate::http::openapi_document(&catalogue, &config.http, crate::domain::Lang::En, "/")))
}
