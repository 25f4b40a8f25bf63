//! `tare runtime` from outside: small wheels with a catalogue of their own, and scripts in pip's place.

mod interrupted;

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::support::{Bench, Ended, left_out, wait_for};

const FILE: &str = "small-1.0-py3-none-manylinux2014_x86_64.whl";
const LIBRARY: &str = "runtimes/small/1.0/lib.so";

/// Bytes of the library: more than a small disk or a limit on the size of files allows.
const SIZE: usize = 300_000;

/// A folder with a wheel, and a catalogue that pins it as `small` 1.0.
struct Shelf {
    bench: Bench,
}

impl Shelf {
    fn new() -> Self {
        let bench = Bench::new();
        write_wheel(&bench.path(FILE), "x");
        let sha256 = tare_runtimes::file_sha256(&bench.path(FILE)).expect("reads");
        let bytes = fs::metadata(bench.path(FILE)).expect("there").len();
        let catalogue = format!(
            "[[package]]\nname = \"small\"\nversion = \"1.0\"\nlibrary = \"lib.so\"\n[[package.wheel]]\n\
             file = \"{FILE}\"\nbytes = {bytes}\nsha256 = \"{sha256}\"\nbelow = \"small/capi/\"\n\
             members = [\"lib.so\"]\nunpacked = {SIZE}\n"
        );
        bench.write("catalogue.toml", catalogue);
        Self { bench }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.bench.command(&[&["runtime"], arguments].concat());
        command
            .env("TARE_RUNTIMES", self.bench.path("runtimes"))
            .env("TARE_RUNTIME_CATALOGUE", self.bench.path("catalogue.toml"));
        command
    }

    fn tare(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.command(arguments).output().expect("starts"))
    }

    /// Runs a script by a shell with the same environment.
    fn shell(&self, flags: &[&str], script: &str) -> Ended {
        let unshared = [flags, &["sh", "-c", script]].concat();
        let (program, arguments) = match flags {
            [] => ("sh", &unshared[1..]),
            _ => ("unshare", &unshared[..]),
        };
        let mut command = self.bench.command_of(program, arguments);
        command
            .env("TARE_RUNTIMES", self.bench.path("runtimes"))
            .env("TARE_RUNTIME_CATALOGUE", self.bench.path("catalogue.toml"));
        Ended::of(command.output().expect("starts"))
    }

    fn list(&self) -> Value {
        self.tare(&["list", "--format", "json"]).with_code(0).json()
    }

    /// What `list` says of the only runtime.
    fn listed(&self) -> Value {
        let rows = self.list();
        assert_eq!(rows.as_array().map(Vec::len), Some(1), "{rows:#}");
        rows[0].clone()
    }

    /// A folder for `PATH` in which a script acts as pip; it has `$dest` for the result.
    fn pip(&self, script: &str) -> PathBuf {
        let folder = self.bench.path("bin");
        fs::create_dir_all(&folder).expect("makes");
        let text = format!(
            "#!/bin/sh\nPATH=/usr/bin:/bin\ntest \"$3\" = --version && exit 0\n\
             while [ $# -gt 0 ]; do test \"$1\" = --dest && dest=$2; shift; done\n{script}\n"
        );
        let path = self.bench.write("bin/python3", text);
        fs::set_permissions(path, PermissionsExt::from_mode(0o755)).expect("permitted");
        folder
    }

    /// Installs with a script in pip's place, which goes on while the test looks.
    fn start(&self, script: &str) -> std::process::Child {
        let mut command = self.command(&["install", "small"]);
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        piped.env("PATH", self.pip(script)).spawn().expect("starts")
    }

    /// Names of unfinished work in the folder of runtimes.
    fn unfinished(&self) -> Vec<String> {
        let entries = fs::read_dir(self.bench.path("runtimes/small"));
        let names = entries
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.file_name());
        let names = names.map(|name| name.to_string_lossy().into_owned());
        names
            .filter(|name| name.starts_with(".tare-installing"))
            .collect()
    }
}

fn write_wheel(path: &Path, letter: &str) {
    let mut zip = ZipWriter::new(fs::File::create(path).expect("creates"));
    zip.start_file("small/capi/lib.so", SimpleFileOptions::default())
        .expect("starts");
    zip.write_all(letter.repeat(SIZE).as_bytes())
        .expect("writes");
    zip.finish().expect("finishes");
}

#[test]
fn a_runtime_is_installed_from_a_file_listed_kept_and_removed_without_pip() {
    let shelf = Shelf::new();
    assert_eq!(shelf.listed()["state"], "available");
    let offline = |arguments: &[&str]| {
        let output = shelf.command(arguments).env("PATH", "/nowhere").output();
        Ended::of(output.expect("starts")).with_code(0)
    };
    let installed = offline(&["install", "small@1.0", "--from", FILE]);
    let library = shelf.bench.path(LIBRARY);
    assert!(
        installed.stdout.contains(library.to_str().expect("UTF-8")),
        "{installed:#?}"
    );
    let row = shelf.listed();
    assert_eq!(
        (&row["state"], &row["bytes"]),
        (&"installed".into(), &SIZE.into())
    );
    assert_eq!(
        row["library_sha256"],
        tare_runtimes::file_sha256(&library).expect("reads")
    );
    let table = offline(&["list"]).stdout;
    assert!(
        table.contains("installed") && table.contains("small/1.0"),
        "{table}"
    );
    let again = offline(&["install", "small"]);
    assert!(
        again.stdout.contains("is installed and whole"),
        "{again:#?}"
    );
    offline(&["remove", "small"]);
    assert_eq!(shelf.listed()["state"], "available");
    assert!(!library.exists());
}

#[test]
fn a_damaged_library_is_listed_as_such_and_mended_by_installing() {
    let shelf = Shelf::new();
    shelf
        .tare(&["install", "small", "--from", FILE])
        .with_code(0);
    fs::write(shelf.bench.path(LIBRARY), "cut").expect("writes");
    let row = shelf.listed();
    assert_eq!(row["state"], "damaged");
    assert!(
        row["remedy"]
            .as_str()
            .is_some_and(|remedy| remedy.contains("install small@1.0"))
    );
    let mended = shelf
        .tare(&["install", "small", "--from", FILE])
        .with_code(0);
    mended.tells(&["replacing", "lib.so"]);
    assert_eq!(shelf.listed()["state"], "installed");
}

#[test]
fn a_library_changed_in_place_is_damaged_in_the_list_and_replaced_by_installing() {
    let shelf = Shelf::new();
    let install = || {
        shelf
            .tare(&["install", "small", "--from", FILE])
            .with_code(0)
    };
    install();
    let library = shelf.bench.path(LIBRARY);
    let mut file = fs::File::options()
        .write(true)
        .open(&library)
        .expect("opens");
    file.write_all(b"evil").expect("writes");
    assert_eq!(fs::metadata(&library).expect("there").len(), SIZE as u64);
    let found = tare_runtimes::file_sha256(&library).expect("reads");
    let table = shelf.tare(&["list"]).with_code(0).stdout;
    for part in [
        "damaged: lib.so has",
        &found,
        "run `tare runtime install small@1.0`",
    ] {
        assert!(table.contains(part), "no '{part}' in {table}");
    }
    assert_eq!(shelf.listed()["state"], "damaged");
    install().tells(&["replacing what is there: lib.so has", &found]);
    assert_eq!(shelf.listed()["state"], "installed");
    assert_ne!(tare_runtimes::file_sha256(&library).expect("reads"), found);
}

#[test]
fn files_that_are_not_the_pinned_wheel_are_refused_one_error_each() {
    let shelf = Shelf::new();
    let refused = |file: &str, parts: &[&str]| {
        let ended = shelf
            .tare(&["install", "small", "--from", file])
            .with_code(2);
        ended.tells(parts);
        assert_eq!(ended.stderr.matches("error: ").count(), 1, "{ended:#?}");
        assert_eq!(ended.stdout, "");
        assert_eq!(shelf.listed()["state"], "available");
        assert_eq!(shelf.unfinished(), [""; 0]);
    };
    write_wheel(&shelf.bench.path("other.whl"), "y");
    let hash = |name: &str| tare_runtimes::file_sha256(&shelf.bench.path(name)).expect("reads");
    refused(
        "other.whl",
        &[&hash("other.whl"), &hash(FILE), "fetch exactly that file"],
    );
    let whole = fs::read(shelf.bench.path(FILE)).expect("reads");
    shelf.bench.write("cut.whl", &whole[..whole.len() - 30]);
    refused("cut.whl", &["cut.whl is truncated", "fetch it again"]);
    shelf.bench.write("page.whl", "<html>");
    refused("page.whl", &["page.whl is no wheel", FILE]);
    refused("nothing.whl", &["nothing.whl", "check the path"]);
}

#[test]
fn unknown_names_and_versions_are_refused_with_what_there_is() {
    let bench = Bench::new();
    let error = |arguments: &[&str]| {
        let ended = bench.tare(&[&["runtime"], arguments].concat()).with_code(2);
        ended.error().to_owned()
    };
    let unknown = error(&["install", "onnxruntime@1.31.9"]);
    assert!(
        unknown.contains("1.24.1, 1.30.0, 1.31.1") && unknown.contains("did you mean 1.31.1"),
        "{unknown}"
    );
    let unknown = error(&["install", "onxruntime"]);
    assert!(unknown.contains("did you mean onnxruntime?"), "{unknown}");
    let absent = error(&["remove", "onnxruntime@1.24.1"]);
    assert!(
        absent.contains("1.24.1 is not installed") && absent.contains("nothing is"),
        "{absent}"
    );
    let listed = bench.tare(&["runtime", "list"]).with_code(0).stdout;
    for version in ["1.20.1", "1.22.1", "1.24.1", "1.30.0", "1.31.1"] {
        assert!(listed.contains(version), "{listed}");
    }
    assert!(!listed.contains("libtorch"), "{listed}");
    assert!(!bench.path(".local").exists(), "looking must not write");
}

#[test]
fn without_pip_and_with_a_pip_that_fails_the_way_out_is_told() {
    let shelf = Shelf::new();
    let by = |path: &Path| {
        let output = shelf
            .command(&["install", "small"])
            .env("PATH", path)
            .output();
        Ended::of(output.expect("starts")).with_code(2)
    };
    by(Path::new("/nowhere")).tells(&["no pip", "python3-pip", "--from FILE"]);
    let failing = shelf.pip("echo chatter; echo 'ERROR: no such host' >&2; exit 1");
    let ended = by(&failing);
    ended.tells(&["pip could not fetch", "no such host", "--from FILE"]);
    assert!(!ended.stderr.contains("chatter"), "{ended:#?}");
    assert_eq!(shelf.unfinished(), [""; 0]);
}

#[test]
fn a_second_installation_waits_and_finds_it_done() {
    let shelf = Shelf::new();
    let (go, pid) = (shelf.bench.path("go"), shelf.bench.path("pid"));
    let script = format!(
        "touch '{}'; while ! test -e '{}'; do sleep 0.02; done; cp '{}' \"$dest\"",
        pid.display(),
        go.display(),
        shelf.bench.path(FILE).display()
    );
    let first = shelf.start(&script);
    wait_for("pip", || pid.exists().then_some(()));
    let told = shelf.bench.path("told");
    let mut second = shelf.command(&["install", "small"]);
    second
        .stdout(Stdio::piped())
        .stderr(fs::File::create(&told).expect("creates"));
    let second = second.spawn().expect("starts");
    let heard = || fs::read_to_string(&told).expect("reads");
    let waits = || heard().contains("waiting for another").then_some(());
    wait_for("second that waits", waits);
    assert_eq!(shelf.listed()["state"], "available");
    fs::write(go, "").expect("writes");
    let first = Ended::of(first.wait_with_output().expect("ends")).with_code(0);
    first.tells(&["fetching small-1.0", "unpacking small-1.0"]);
    let second = Ended::of(second.wait_with_output().expect("ends")).with_code(0);
    assert!(heard().contains("verifying"), "{}", heard());
    assert!(
        second.stdout.contains("is installed and whole"),
        "{second:#?}"
    );
}

#[test]
fn a_full_disk_is_told_with_the_remedy_and_leaves_nothing() {
    let shelf = Shelf::new();
    let install = format!(
        "\"{}\" runtime install small --from {FILE}",
        env!("CARGO_BIN_EXE_tare")
    );
    let limited = format!("trap '' XFSZ\nulimit -f 100\n{install}");
    shelf
        .shell(&[], &limited)
        .with_code(2)
        .tells(&["lib.so", "TARE_RUNTIMES"]);
    assert_eq!(shelf.unfinished(), [""; 0]);
    fs::create_dir_all(shelf.bench.path("runtimes")).expect("makes");
    let mount = "mount -t tmpfs -o size=200k none runtimes";
    let Some(flags) = ["-m", "-rm"]
        .into_iter()
        .find(|flags| shelf.shell(&[flags], mount).code == Some(0))
    else {
        left_out("no small disk can be mounted here");
        return;
    };
    let full = format!("{mount} || exit 99\n{install}\ncode=$?\nls -a runtimes/small\nexit $code");
    let ended = shelf.shell(&[flags], &full).with_code(2);
    ended.tells(&[
        "No space left on device",
        "make room there",
        "TARE_RUNTIMES",
    ]);
    assert!(!ended.stdout.contains("installing"), "{ended:#?}");
}

#[test]
fn a_place_that_cannot_be_written_and_a_catalogue_that_is_none_are_told() {
    let shelf = Shelf::new();
    shelf.bench.write("runtimes", "a file");
    let ended = shelf
        .tare(&["install", "small", "--from", FILE])
        .with_code(2);
    ended.tells(&["runtimes", "TARE_RUNTIMES"]);
    shelf
        .bench
        .write("catalogue.toml", "[[package]]\nname = 1\n");
    let ended = shelf.tare(&["list"]).with_code(2);
    let error = ended.error();
    assert!(
        error.contains("catalogue.toml") && error.contains("TARE_RUNTIME_CATALOGUE"),
        "{error}"
    );
}
