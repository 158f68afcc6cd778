//! A certified OpenID Connect provider from npm, run as a process of its own.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Mutex;

use reqwest::header::{LOCATION, SET_COOKIE};

/// A running provider; it ends when this is dropped.
pub(crate) struct SignOnProvider {
    child: Child,
    /// What it says; it would end if nobody could hear.
    _said: BufReader<ChildStdout>,
    /// Its issuer identifier.
    pub(crate) issuer: String,
}

impl SignOnProvider {
    /// Starts it on a free port; installs it first if it is not there.
    pub(crate) fn start() -> Self {
        static INSTALLING: Mutex<()> = Mutex::new(());
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/support/oidc");
        let one_at_a_time = INSTALLING.lock().unwrap();
        if !folder.join("node_modules/oidc-provider").exists() {
            let installed = Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&folder).output();
            let installed = installed.expect("npm is there (scripts/install node)");
            assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));
        }
        drop(one_at_a_time);
        let mut child = Command::new("node")
            .arg("provider.js")
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut issuer = String::new();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        while !issuer.starts_with("http://") {
            issuer.clear();
            assert!(said.read_line(&mut issuer).unwrap() > 0, "the provider started");
        }
        Self { child, _said: said, issuer: issuer.trim().to_owned() }
    }
}

impl Drop for SignOnProvider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A browser as far as signing on needs one: it keeps cookies and follows where it is sent.
#[derive(Default)]
pub(crate) struct Browser {
    cookies: BTreeMap<String, String>,
}

impl Browser {
    async fn ask(&mut self, address: &str, form: Option<&str>) -> (Option<String>, String) {
        let client = super::client();
        let mut request = match form {
            None => client.get(address),
            Some(form) => {
                client.post(address).header("content-type", "application/x-www-form-urlencoded").body(form.to_owned())
            }
        };
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request = request.header("cookie", cookies.join("; "));
        let response = request.send().await.unwrap();
        for set in response.headers().get_all(SET_COOKIE) {
            let pair = set.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let next = response.headers().get(LOCATION).map(|next| next.to_str().unwrap().to_owned());
        (next, response.text().await.unwrap())
    }

    /// Goes to an address at the provider, signs in under a name, agrees, and returns the address that
    /// it is sent to in the end, away from the provider.
    pub(crate) async fn sign_in_at(&mut self, issuer: &str, start: &str, name: &str) -> String {
        let mut address = start.to_owned();
        for _ in 0..12 {
            let absolute = if address.starts_with('/') { format!("{issuer}{address}") } else { address.clone() };
            if !absolute.starts_with(issuer) {
                return absolute;
            }
            let (next, page) = self.ask(&absolute, None).await;
            if let Some(next) = next {
                address = next;
                continue;
            }
            let action = page.split("action=\"").nth(1).unwrap_or_else(|| panic!("{absolute}: {page}"));
            let action = action.split('"').next().unwrap().to_owned();
            let form = if page.contains("name=\"login\"") {
                format!("prompt=login&login={name}&password=anything")
            } else {
                "prompt=consent".to_owned()
            };
            let action = if action.starts_with('/') { format!("{issuer}{action}") } else { action };
            let (next, page) = self.ask(&action, Some(&form)).await;
            address = next.unwrap_or_else(|| panic!("{action}: {page}"));
        }
        panic!("{start} leads round in circles");
    }
}
