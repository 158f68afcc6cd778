//! The browser: a process group of its own, spoken to over two pipes (the Chrome DevTools Protocol, a message
//! ended by a zero byte). No port is opened, so that nobody else on the machine can speak to it.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::PageFault;

/// The browser reads commands from 3 and writes answers to 4; ours are 0 and 1.
const AT_ITS_PIPES: &str = r#"exec "$@" 3<&0 4>&1 0</dev/null 1>/dev/null"#;

/// What the browser leaves out: everything that asks another host, waits for somebody, or needs a screen.
const FLAGS: [&str; 22] = [
    "--headless",
    "--remote-debugging-pipe",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-sync",
    "--disable-breakpad",
    "--disable-dev-shm-usage",
    "--disable-search-engine-choice-screen",
    "--metrics-recording-only",
    "--no-pings",
    "--mute-audio",
    "--hide-scrollbars",
    "--password-store=basic",
    "--force-color-profile=srgb",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    // Maps are drawn without a graphics card.
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
];

/// Bytes of what the browser said that are told on.
const SAID: usize = 2_000;

/// How often it is tried to remove a profile into which a dying process may still write.
const REMOVALS: u32 = 20;

/// How a browser is started.
pub(super) struct Start {
    pub(super) chromium: PathBuf,
    /// The one server that it reaches.
    pub(super) base: String,
    pub(super) sandbox: bool,
    /// When it ends at the latest.
    pub(super) ends: Instant,
}

/// What ends a browser from outside: held by whoever waits for it.
#[derive(Debug, Clone, Default)]
pub(super) struct Leash(Arc<Mutex<Tied>>);

#[derive(Debug, Default)]
struct Tied {
    is_cut: bool,
    group: Option<Pid>,
}

impl Tied {
    fn kill(&self) {
        if let Some(group) = self.group
            && let Err(error) = kill_process_group(group, Signal::KILL)
        {
            tracing::debug!(%error, "a browser had ended");
        }
    }
}

impl Leash {
    /// Its end in somebody's hand.
    pub(super) fn held(&self) -> Held {
        Held(self.clone())
    }

    fn tied(&self) -> std::sync::MutexGuard<'_, Tied> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Cuts a leash when it is dropped.
pub(super) struct Held(Leash);

impl Drop for Held {
    fn drop(&mut self) {
        let mut tied = self.0.tied();
        tied.is_cut = true;
        tied.kill();
    }
}

/// A running browser; it ends, with all its processes, when this is dropped.
pub(super) struct Browser {
    child: Child,
    leash: Leash,
    commands: ChildStdin,
    messages: Receiver<Value>,
    number: u64,
    ends: Instant,
    profile: Option<TempDir>,
}

impl Browser {
    /// Starts one on a leash.
    pub(super) fn start(start: &Start, leash: &Leash) -> Result<Self, PageFault> {
        let failed = |error: std::io::Error| PageFault::Browser(format!("it cannot be started: {error}"));
        let profile = tempfile::Builder::new().prefix("platbook-print-").tempdir().map_err(failed)?;
        let said = File::create(profile.path().join("said")).map_err(failed)?;
        let mut command = command(start, profile.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(said);
        let mut child = {
            // Who cuts the leash meanwhile waits here, and finds the group.
            let mut tied = leash.tied();
            if tied.is_cut {
                return Err(PageFault::Browser("nobody waits for it".to_owned()));
            }
            let child = command.spawn().map_err(failed)?;
            tied.group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
            child
        };
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (commands, answers) = pipes.ok_or_else(|| PageFault::Browser("it has no pipes".to_owned()))?;
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            for message in BufReader::new(answers).split(0) {
                let message = message.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
                let Some(message) = message else { return };
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let profile = Some(profile);
        Ok(Self { child, leash: leash.clone(), commands, messages, number: 0, ends: start.ends, profile })
    }

    /// Gives a command to the browser, or to a page of it, and waits for what it answers.
    pub(super) fn ask(&mut self, page: Option<&str>, method: &str, params: &Value) -> Result<Value, PageFault> {
        self.number += 1;
        let mut command = json!({ "id": self.number, "method": method, "params": params });
        if let Some(page) = page {
            command["sessionId"] = page.into();
        }
        let sent = self.commands.write_all(format!("{command}\0").as_bytes()).and_then(|()| self.commands.flush());
        if sent.is_err() {
            return Err(self.ended());
        }
        loop {
            let mut message = match self.messages.recv_timeout(self.left()) {
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout) => return Err(PageFault::TimedOut),
                Err(RecvTimeoutError::Disconnected) => return Err(self.ended()),
            };
            if message["method"] == "Inspector.targetCrashed" {
                return Err(PageFault::Browser("the page crashed; it may need more memory than there is".to_owned()));
            }
            if message["id"] != self.number {
                continue;
            }
            if let Some(why) = message["error"]["message"].as_str() {
                return Err(PageFault::Browser(format!("{method}: {why}")));
            }
            return Ok(message["result"].take());
        }
    }

    /// Waits a moment, or says that there is no time left.
    pub(super) fn pause(&self, moment: Duration) -> Result<(), PageFault> {
        let left = self.left();
        std::thread::sleep(moment.min(left));
        if left.is_zero() { Err(PageFault::TimedOut) } else { Ok(()) }
    }

    fn left(&self) -> Duration {
        self.ends.saturating_duration_since(Instant::now())
    }

    /// It is gone: with what it said, which tells why it would not start.
    fn ended(&self) -> PageFault {
        if self.leash.tied().is_cut {
            return PageFault::Browser("nobody waits for it".to_owned());
        }
        let said = self.profile.as_ref().and_then(|profile| std::fs::read(profile.path().join("said")).ok());
        let said = said.unwrap_or_default();
        let said = String::from_utf8_lossy(&said[said.len().saturating_sub(SAID)..]).trim().to_owned();
        PageFault::Browser(format!("it ended by itself; it said: {said}"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        {
            // After this nobody kills a group whose number another may have by then.
            let mut tied = self.leash.tied();
            tied.kill();
            tied.group = None;
        }
        if let Err(error) = self.child.wait() {
            tracing::warn!(%error, "a browser's end was not seen");
        }
        let Some(profile) = self.profile.take() else { return };
        let folder = profile.keep();
        for attempt in 1..=REMOVALS {
            match std::fs::remove_dir_all(&folder) {
                Ok(()) => return,
                Err(error) if attempt == REMOVALS => {
                    tracing::warn!(%error, folder = %folder.display(), "a browser's profile is not removed");
                }
                Err(_) => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }
}

/// The command that starts it: a group of its own, an empty environment, and one host that it reaches.
fn command(start: &Start, profile: &Path) -> Command {
    let server = start.base.trim_start_matches("http://");
    let host = server.rsplit_once(':').map_or(server, |(host, _)| host);
    let mut command = Command::new("/bin/sh");
    command.args(["-c", AT_ITS_PIPES, "sh"]).arg(&start.chromium).args(FLAGS);
    command.arg(format!("--user-data-dir={}", profile.display()));
    command.arg(format!("--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE {host}"));
    // All that is for another server goes to a proxy that is not there.
    command.arg("--proxy-server=http://127.0.0.1:1");
    command.arg(format!("--proxy-bypass-list=<-loopback>;{server}"));
    if !start.sandbox {
        command.arg("--no-sandbox");
    }
    command.env_clear().env("HOME", profile).env("TMPDIR", profile).env("XDG_CONFIG_HOME", profile);
    command.env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LANG", "C.UTF-8");
    command.current_dir(profile).process_group(0);
    command
}
