//! A real PostgreSQL with PostGIS for the tests, in a folder of its own on a free port.

use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";
const EXTENSION: &str = "/usr/share/postgresql/15/extension/postgis.control";

/// Keeps the server while the shell's input is open, so that it ends with the test process however
/// that ends.
const KEEPER: &str = r#"
"$@" >"$FOLDER/log" 2>&1 &
server=$!
read -r word || word=end
kill -INT $server
wait $server
[ "$word" = stop ] || rm -rf "$FOLDER"
"#;

/// A server; it ends when this is dropped, or when the test process is gone.
pub(crate) struct Server {
    folder: PathBuf,
    port: u16,
    keeper: Option<Child>,
}

impl Server {
    /// A new, empty server.
    pub(crate) fn start() -> Self {
        for (path, package) in [(PROGRAMS, "postgresql-15"), (EXTENSION, "postgresql-15-postgis-3")] {
            assert!(Path::new(path).exists(), "{path} is missing: install the Debian package {package}");
        }
        let folder = tempfile::Builder::new().prefix("platbook-postgres-").tempdir().unwrap().keep();
        if is_root() {
            run(Command::new("chown").arg("postgres:postgres").arg(&folder));
        }
        let data = folder.join("data");
        run(program("initdb")
            .args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-N", "-D"])
            .arg(data));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = Self { folder, port, keeper: None };
        server.run();
        server
    }

    /// Starts the server again after [`stop`](Self::stop).
    pub(crate) fn run(&mut self) {
        let postgres = program("postgres");
        let keeper = Command::new("sh")
            .args(["-c", KEEPER, "keeper"])
            .arg(postgres.get_program())
            .args(postgres.get_args())
            .arg("-D")
            .arg(self.folder.join("data"))
            .arg("-k")
            .arg(&self.folder)
            .args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"])
            .args(["-c", "max_connections=300"])
            .env("FOLDER", &self.folder)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        self.keeper = Some(keeper);
        let end = Instant::now() + Duration::from_mins(1);
        while !self.client("pg_isready").stdout(Stdio::null()).status().unwrap().success() {
            let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            assert!(Instant::now() < end, "PostgreSQL does not start:\n{log}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Stops the server; its data stay.
    pub(crate) fn stop(&mut self) {
        let mut keeper = self.keeper.take().unwrap();
        keeper.stdin.take().unwrap().write_all(b"stop\n").unwrap();
        keeper.wait().unwrap();
    }

    /// The address of a database that is not there yet.
    pub(crate) fn address(&self) -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        format!("postgres://postgres@127.0.0.1:{}/test_{number}", self.port)
    }

    fn client(&self, name: &str) -> Command {
        let mut command = program(name);
        command.args(["-h", "127.0.0.1", "-U", "postgres", "-p", &self.port.to_string()]);
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            drop(keeper.stdin.take());
            keeper.wait().unwrap();
        } else {
            std::fs::remove_dir_all(&self.folder).unwrap();
        }
    }
}

/// The address of a fresh database, with PostGIS in it, on the one server of this test run.
pub(crate) fn fresh_database() -> String {
    static SERVER: OnceLock<Server> = OnceLock::new();
    let server = SERVER.get_or_init(|| {
        let server = Server::start();
        // PostGIS takes a second to install; copying a database that has it, much less.
        run(server.client("createdb").arg("with_postgis"));
        run(server.client("psql").args(["-q", "-d", "with_postgis", "-c", "CREATE EXTENSION postgis"]));
        server
    });
    let address = server.address();
    let name = address.rsplit('/').next().unwrap();
    run(server.client("createdb").args(["-T", "with_postgis", name]));
    address
}

/// A program of PostgreSQL, which refuses to run as root.
fn program(name: &str) -> Command {
    let path = Path::new(PROGRAMS).join(name);
    if !is_root() {
        return Command::new(path);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "postgres", "--regid", "postgres", "--clear-groups"]).arg(path);
    command
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

fn run(command: &mut Command) {
    let output = command.current_dir("/").output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
