//! Folders of runtimes as they are found: whole, damaged, of several versions, or none.

use std::fs;

use super::*;
use crate::testing::Bench;

fn write_installed(runtimes: &Runtimes, name: &str, version: &str) {
    let dir = runtimes.place(name, version);
    fs::create_dir_all(&dir).expect("makes");
    fs::write(dir.join("lib.so"), "library").expect("writes");
    let manifest = Manifest {
        name: name.into(),
        version: version.into(),
        library: "lib.so".into(),
        recipe_sha256: String::new(),
        bytes: 7,
        files: vec![crate::manifest::Unpacked {
            path: "lib.so".into(),
            bytes: 7,
            sha256: crate::file_sha256(&dir.join("lib.so")).expect("reads"),
        }],
    };
    let text = serde_json::to_string(&manifest).expect("JSON");
    fs::write(dir.join(crate::manifest::FILE), text).expect("writes");
}

#[test]
fn without_a_version_the_newest_is_found() {
    let bench = Bench::new();
    let runtimes = bench.runtimes();
    for version in ["1.9.0", "1.31.1", "1.30.0"] {
        write_installed(&runtimes, "some", version);
    }
    let version = |asked| runtimes.find("some", asked).map(|found| found.version);
    assert_eq!(version(None), Ok("1.31.1".into()));
    assert_eq!(version(Some("1.9.0")), Ok("1.9.0".into()));
}

#[test]
fn what_is_not_there_is_told_with_what_is_and_the_command_that_installs_it() {
    let bench = Bench::new();
    let runtimes = bench.runtimes();
    let name = "onnxruntime";
    let error = runtimes.find(name, None).expect_err("empty");
    let place = runtimes.dir().display().to_string();
    assert_eq!(error.reason, format!("{name} is not installed in {place}"));
    assert_eq!(error.remedy, "run `tare runtime install onnxruntime`");
    write_installed(&runtimes, name, "1.24.1");
    let error = runtimes.find(name, Some("1.31.1")).expect_err("another");
    assert_eq!(
        error.reason,
        format!("{name} 1.31.1 is not installed in {place} (installed: 1.24.1)")
    );
    assert_eq!(
        error.remedy,
        "run `tare runtime install onnxruntime@1.31.1`"
    );
}

#[test]
fn what_cannot_be_fetched_is_told_with_what_can() {
    let bench = Bench::new();
    let told = |name, version| command(&bench.catalogue, name, version);
    assert_eq!(
        told("small", Some("1.0")),
        "run `tare runtime install small@1.0`"
    );
    assert_eq!(
        told("small", Some("9.9.9")),
        "of small there are 1.0 to install: run `tare runtime install small@1.0`"
    );
    assert!(told("other", None).contains("there are small"));
    let error = bench.runtimes().find("onnxruntime", Some("9.9.9"));
    let remedy = error.expect_err("never there").remedy;
    assert!(
        remedy.contains("1.24.1, 1.30.0, 1.31.1 to install") && !remedy.contains("9.9.9"),
        "{remedy}"
    );
}

#[test]
fn a_name_that_leads_elsewhere_finds_nothing() {
    let bench = Bench::new();
    let runtimes = bench.runtimes();
    write_installed(&Runtimes::open(bench.path("")), "some", "1.0");
    write_installed(&runtimes, "some", "1.0");
    for name in ["../some", "", ".", "..", "some/1.0", "/"] {
        assert!(runtimes.find(name, None).is_err(), "{name}");
    }
    assert!(runtimes.find("some", Some("../some/1.0")).is_err());
}

#[test]
fn a_damaged_runtime_is_told_with_what_is_wrong() {
    let bench = Bench::new();
    let runtimes = bench.runtimes();
    let reason = || runtimes.find("some", None).expect_err("damaged").reason;
    write_installed(&runtimes, "some", "1.0");
    let dir = runtimes.place("some", "1.0");
    fs::write(dir.join("lib.so"), "librar").expect("writes");
    assert!(
        reason().contains("damaged: lib.so has 6 bytes instead of 7"),
        "{}",
        reason()
    );
    fs::remove_file(dir.join("lib.so")).expect("removes");
    assert!(reason().contains("damaged: lib.so: "), "{}", reason());
    fs::write(dir.join("installed.json"), "{").expect("writes");
    assert!(
        reason().contains("damaged: installed.json: "),
        "{}",
        reason()
    );
    fs::write(
        dir.join("installed.json"),
        r#"{"name":"some","version":"1.0","library":"x.so","bytes":0,"files":[]}"#,
    )
    .expect("writes");
    assert!(reason().contains("does not list x.so"), "{}", reason());
}

#[test]
fn the_folder_comes_from_the_first_variable_that_names_one() {
    let dir = |set: &[(&str, &str)]| {
        let set: Vec<(String, String)> = set
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect();
        default_dir(move |asked| {
            let found = set.iter().find(|(name, _)| name == asked);
            found.map(|(_, value)| OsString::from(value))
        })
    };
    let home = ("HOME", "/home/me");
    let data = ("XDG_DATA_HOME", "/data");
    assert_eq!(
        dir(&[home, data, ("TARE_RUNTIMES", "here")]),
        Some("here".into())
    );
    assert_eq!(
        dir(&[home, data, ("TARE_RUNTIMES", "")]),
        Some("/data/tare/runtimes".into())
    );
    assert_eq!(
        dir(&[home, ("XDG_DATA_HOME", "data")]),
        Some("/home/me/.local/share/tare/runtimes".into())
    );
    assert_eq!(dir(&[("HOME", "me")]), None);
}
