//! The program itself, started as people start it.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Output, Stdio};

/// Runs a command to its end.
pub(crate) fn platbook(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

/// Runs a command to its end with something on its standard input.
fn platbook_given(args: &[&str], input: &str) -> Output {
    let mut command = command(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// What a command that must fail wrote to standard error.
pub(crate) fn refusal(args: &[&str]) -> String {
    refused(args, &platbook(args))
}

/// The same for a command with something on its standard input.
pub(crate) fn refusal_of(args: &[&str], input: &str) -> String {
    refused(args, &platbook_given(args, input))
}

fn refused(args: &[&str], output: &Output) -> String {
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{args:?}: {told}");
    assert!(told.starts_with("platbook: "), "{told}");
    assert!(!told.contains("panicked"), "{told}");
    told
}

/// What a command that must succeed wrote to standard output.
pub(crate) fn success(args: &[&str]) -> String {
    succeeded(args, platbook(args))
}

/// The same for a command with something on its standard input.
pub(crate) fn success_of(args: &[&str], input: &str) -> String {
    succeeded(args, platbook_given(args, input))
}

fn succeeded(args: &[&str], output: Output) -> String {
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_platbook"));
    command.args(args).env_remove("RUST_LOG").stdin(Stdio::null());
    command
}

/// A running server; it is killed when this is dropped.
pub(crate) struct Program {
    child: Child,
    /// Where it serves: `http://127.0.0.1:…`.
    pub(crate) base: String,
}

impl Program {
    /// Serves a database on a free port.
    pub(crate) fn serve(database: &str) -> Self {
        Self::serve_with(database, &[])
    }

    /// Serves a database on a free port, with more flags.
    pub(crate) fn serve_with(database: &str, flags: &[&str]) -> Self {
        let mut child = command(&["serve", "--database", database, "--listen", "127.0.0.1:0"])
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Some(base) = line.trim().strip_prefix("Platbook serves ") else {
            let mut told = String::new();
            child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
            panic!("the server did not start: {told}");
        };
        Self { base: base.trim_end_matches('/').to_owned(), child }
    }

    /// The status and body of a path.
    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let response = super::client().get(format!("{}{path}", self.base)).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Any request.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&serde_json::Value>,
    ) -> reqwest::Response {
        let mut request = super::client().request(method.parse().unwrap(), format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        request.send().await.unwrap()
    }

    /// Asks it to stop, waits until it has, and returns whether it ended well and what it logged.
    pub(crate) fn stop(mut self) -> (bool, String) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (self.child.wait().unwrap().success(), log)
    }

    /// Kills it as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
