//! Which files tuning writes: the governor of each policy, and the switch for turbo.

use std::fs;
use std::io::Write;

use serde::{Deserialize, Serialize};

use crate::Unavailable;
use crate::frequency::TURBO;
use crate::root::Root;

const POLICIES: &str = "sys/devices/system/cpu/cpufreq";
const GOVERNOR: &str = "scaling_governor";
const STEADY: &str = "performance";

/// A file below the root, what stood in it and what tuning puts there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Setting {
    pub(super) file: String,
    pub(super) was: String,
    pub(super) tuned: String,
}

/// What can be set, as it is now, in the order in which it is to be set; with why the rest cannot.
pub(super) fn current(root: &Root) -> (Vec<Setting>, Vec<String>) {
    let mut reasons = Vec::new();
    let mut keep = |found: Result<Vec<Setting>, Unavailable>| match found {
        Ok(settings) => settings,
        Err(reason) => {
            reasons.push(reason.to_string());
            Vec::new()
        }
    };
    let mut settings = keep(governors(root));
    settings.extend(keep(turbo(root).map(|setting| vec![setting])));
    (settings, reasons)
}

fn governors(root: &Root) -> Result<Vec<Setting>, Unavailable> {
    let names = root.names(POLICIES)?;
    let policies = names.iter().filter(|name| numbered(name, "policy"));
    let governors: Result<Vec<Setting>, Unavailable> = policies
        .map(|policy| {
            let file = format!("{POLICIES}/{policy}/{GOVERNOR}");
            Ok(Setting {
                was: root.line(&file, "governor")?,
                tuned: STEADY.to_owned(),
                file,
            })
        })
        .collect();
    match governors? {
        none if none.is_empty() => Err(Unavailable::None("the kernel sets no frequencies here")),
        some => Ok(some),
    }
}

fn turbo(root: &Root) -> Result<Setting, Unavailable> {
    crate::frequency::turbo(root)?;
    let switch = TURBO.iter().find(|(file, _)| root.exists(file));
    let (file, off) = switch.ok_or(Unavailable::None(
        "the kernel offers no switch for turbo here",
    ))?;
    Ok(Setting {
        file: (*file).to_owned(),
        was: root.line(file, "switch")?,
        tuned: (*off).to_owned(),
    })
}

impl Setting {
    /// Whether this is a file and a text that tuning may have written: a journal is not trusted further.
    pub(super) fn is_ours(&self) -> bool {
        let is_switch = TURBO.iter().any(|(file, _)| *file == self.file);
        let policy = || {
            let rest = self.file.strip_prefix(POLICIES)?.strip_prefix('/')?;
            let (policy, leaf) = rest.split_once('/')?;
            (leaf == GOVERNOR && numbered(policy, "policy")).then_some(())
        };
        let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        (is_switch || policy().is_some()) && self.was.chars().all(is_word)
    }

    /// Whether the operating system lets this process write it, without writing anything.
    pub(super) fn may_be_written(&self, root: &Root) -> Result<(), String> {
        let path = root.path(&self.file);
        let opened = fs::OpenOptions::new().write(true).open(&path);
        opened
            .map(drop)
            .map_err(|error| format!("{}: {error}", path.display()))
    }

    pub(super) fn tune(&self, root: &Root) -> Result<(), String> {
        write(root, &self.file, &self.tuned)
    }

    /// Writes nothing where the file says already what it did.
    pub(super) fn restore(&self, root: &Root) -> Result<(), String> {
        match root.line(&self.file, "setting") {
            Ok(now) if now == self.was => Ok(()),
            _ => write(root, &self.file, &self.was),
        }
    }
}

/// Writes `text` and reads it back, as a driver may accept it and do nothing.
fn write(root: &Root, file: &str, text: &str) -> Result<(), String> {
    let path = root.path(file);
    let opened = fs::OpenOptions::new()
        .write(true)
        .truncate(true)
        .open(&path);
    opened
        .and_then(|mut opened| opened.write_all(text.as_bytes()))
        .map_err(|error| error.to_string())?;
    match root.line(file, "setting") {
        Ok(now) if now == text => Ok(()),
        Ok(now) => Err(format!("it stays at '{now}'")),
        Err(reason) => Err(reason.to_string()),
    }
}

fn numbered(name: &str, prefix: &str) -> bool {
    let digits = name.strip_prefix(prefix).unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}
