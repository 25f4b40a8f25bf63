//! Which library runs: the one named, checked before it is loaded, one in a process, several versions side by side in several.

mod common;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tare_adapter_api::{Adapter, LoadRequest, Options, Readiness};
use tare_adapter_onnxruntime::OnnxRuntime;
use tare_runtimes::{FindError, Installed, file_sha256};

use common::{
    Written, doubling, doubling_request, floats, installed, load, or_not_run, refusal, run,
};

/// Set in a process that runs one test alone: the version that it asks for.
const ALONE: &str = "TARE_TEST_VERSION";

const VERSIONS: [&str; 3] = ["1.24.1", "1.30.0", "1.31.1"];

fn named(library: &Path) -> Options {
    Options::from([("library".to_owned(), library.display().to_string())])
}

/// Why `check` refuses this library, and what it offers.
fn unavailable(version: Option<&str>, library: &Path) -> (String, String) {
    match OnnxRuntime.check(version, &named(library)) {
        Readiness::Unavailable { reason, remedy } => (reason, remedy),
        Readiness::Ready(facts) => panic!("ready: {facts:?}"),
    }
}

/// A shared library made from a line or two of C.
fn compiled(folder: &Path, code: &str) -> std::path::PathBuf {
    let (source, library) = (folder.join("lib.c"), folder.join("libmade.so"));
    fs::write(&source, code).expect("writes");
    let compiler = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, &source])
        .status();
    assert!(compiler.expect("a C compiler").success());
    library
}

/// What a search without a result gives.
fn nothing() -> Result<Installed, FindError> {
    Err(FindError {
        reason: "onnxruntime 1.31.1 is not installed".to_owned(),
        remedy: "run `tare runtime install onnxruntime@1.31.1`".to_owned(),
    })
}

#[test]
#[should_panic(expected = "run `tare runtime install onnxruntime@1.31.1`, or unset TARE_RUNTIMES")]
fn a_library_missing_from_the_folder_named_for_tests_fails_them_with_what_to_install() {
    or_not_run(nothing(), true);
}

#[test]
fn without_a_folder_named_for_tests_a_missing_library_leaves_them_out() {
    assert_eq!(or_not_run(nothing(), false), None);
}

#[test]
fn a_file_that_is_no_library_is_refused_before_it_is_loaded() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("libonnxruntime.so");
    let (reason, remedy) = unavailable(None, &path);
    assert!(
        reason.contains("there is no library") && reason.contains("libonnxruntime.so"),
        "{reason}"
    );
    assert_eq!(
        remedy,
        "name the libonnxruntime.so of version 1.17 or newer, or leave 'library' out"
    );
    let mut foreign = vec![0u8; 64];
    foreign[..6].copy_from_slice(b"\x7fELF\x02\x01");
    (foreign[16], foreign[18]) = (3, 183);
    for (content, part) in [
        (&b"PK\x03\x04 an archive"[..], "is no library"),
        (b"\x7fELF", "truncated"),
        (&foreign, "aarch64"),
    ] {
        fs::write(&path, content).expect("writes");
        let (reason, _) = unavailable(None, &path);
        assert!(reason.contains(part), "{reason}");
    }
}

#[test]
fn a_library_of_something_else_is_refused_by_what_it_lacks() {
    let folder = tempfile::tempdir().expect("a folder");
    let other = compiled(folder.path(), "int answer(void) { return 42; }\n");
    let (reason, _) = unavailable(None, &other);
    let path = fs::canonicalize(&other).expect("there");
    assert_eq!(
        reason,
        format!(
            "cannot load '{}': it does not export OrtGetApiBase",
            path.display()
        )
    );
    let needy = compiled(
        folder.path(),
        "extern int nobody_has_this; int *OrtGetApiBase(void) { return &nobody_has_this; }\n",
    );
    let (reason, _) = unavailable(None, &needy);
    assert!(reason.contains("nobody_has_this"), "{reason}");
    let empty = compiled(folder.path(), "void *OrtGetApiBase(void) { return 0; }\n");
    let (reason, _) = unavailable(None, &empty);
    assert!(
        reason.ends_with("its OrtGetApiBase returns nothing"),
        "{reason}"
    );
}

#[test]
fn a_version_whose_interface_is_too_old_is_refused_with_its_version() {
    let folder = tempfile::tempdir().expect("a folder");
    let code = "struct base { void *(*api)(unsigned); const char *(*version)(void); };\n\
                static void *api(unsigned number) { return number > 16 ? 0 : (void *)1; }\n\
                static const char *version(void) { return \"1.16.3\"; }\n\
                struct base *OrtGetApiBase(void) { static struct base base = { api, version }; return &base; }\n";
    let old = compiled(folder.path(), code);
    let (reason, remedy) = unavailable(None, &old);
    let path = fs::canonicalize(&old).expect("there");
    assert_eq!(
        reason,
        format!(
            "'{}' is onnxruntime 1.16.3, which is too old",
            path.display()
        )
    );
    assert!(remedy.contains("version 1.17 or newer"), "{remedy}");
}

#[test]
fn a_truncated_library_is_refused_and_does_not_end_the_process() {
    let Some(here) = installed(None) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("libonnxruntime.so");
    let whole = fs::read(&here.library).expect("readable");
    for part in [100, whole.len() / 2, whole.len() - 5000] {
        fs::write(&path, &whole[..part]).expect("writes");
        let (reason, _) = unavailable(None, &path);
        assert!(reason.contains("libonnxruntime.so"), "{reason}");
    }
}

#[test]
fn a_version_that_is_not_installed_is_refused_with_those_that_can_be() {
    let Readiness::Unavailable { reason, remedy } =
        OnnxRuntime.check(Some("0.1.2"), &Options::new())
    else {
        panic!("ready");
    };
    assert!(
        reason.contains("onnxruntime 0.1.2 is not installed"),
        "{reason}"
    );
    assert!(
        remedy.contains("1.31.1 to install: run `tare runtime install onnxruntime@1.31.1`, or ")
            && remedy.ends_with("`--adapter onnxruntime:library=PATH`"),
        "{remedy}"
    );
    let written = Written::new(&doubling());
    let request = LoadRequest {
        version: Some("0.1.2".to_owned()),
        ..doubling_request(&written.path)
    };
    assert_eq!(refusal(&request), format!("{reason}; {remedy}"));
}

#[test]
fn a_library_that_is_named_runs_and_is_hashed_after_loading() {
    let Some(here) = installed(None) else { return };
    let written = Written::new(&doubling());
    let request = LoadRequest {
        options: named(&here.library),
        ..doubling_request(&written.path)
    };
    let loaded = load(&request);
    let facts = loaded.runtime();
    assert_eq!(facts.version, here.version);
    assert_eq!(facts.library_sha256, file_sha256(&here.library).ok());
    let library = facts.options.get("library").map(String::as_str);
    assert_eq!(library, Some(here.library.display().to_string().as_str()));
    let Readiness::Ready(checked) = OnnxRuntime.check(None, &named(&here.library)) else {
        panic!("not ready");
    };
    assert_eq!(
        (checked.library_sha256, checked.options),
        (None, facts.options)
    );
}

#[test]
fn a_library_of_another_version_than_asked_for_is_refused_with_both() {
    let Some(here) = installed(None) else { return };
    let (reason, remedy) = unavailable(Some("1.2.3"), &here.library);
    let path = fs::canonicalize(&here.library).expect("there");
    assert_eq!(
        reason,
        format!(
            "onnxruntime@1.2.3 was asked for, but '{}' is onnxruntime@{}",
            path.display(),
            here.version
        )
    );
    assert_eq!(
        remedy,
        format!(
            "write onnxruntime@{}, or name a library of version 1.2.3",
            here.version
        )
    );
}

#[test]
fn a_second_library_in_a_process_is_refused_and_the_first_goes_on() {
    let Some(here) = installed(None) else { return };
    let written = Written::new(&doubling());
    let request = doubling_request(&written.path);
    let loaded = load(&request);
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("libonnxruntime.so");
    fs::copy(&here.library, &copy).expect("copied");
    let (reason, remedy) = unavailable(None, &copy);
    assert!(
        reason.starts_with(&format!(
            "this process already runs onnxruntime {} from ",
            here.version
        )),
        "{reason}"
    );
    assert!(reason.contains("one version only"), "{reason}");
    assert_eq!(remedy, "ask for the other one in a process of its own");
    let mut session = loaded.session().expect("a session");
    assert_eq!(
        run(session.as_mut(), &[floats(&[1.0, 2.0])]),
        [floats(&[2.0, 4.0])]
    );
}

/// Starts this test again in a process of its own that asks for `version`.
fn alone(version: &str) -> Child {
    let test = "three_versions_run_side_by_side_and_print_nothing";
    Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(ALONE, version)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts")
}

#[test]
fn three_versions_run_side_by_side_and_print_nothing() {
    if let Ok(version) = std::env::var(ALONE) {
        return double_with(&version);
    }
    if VERSIONS
        .map(|version| installed(Some(version)))
        .contains(&None)
    {
        return;
    }
    for (version, child) in VERSIONS.map(|version| (version, alone(version))) {
        let output = child.wait_with_output().expect("ends");
        let [stdout, stderr] = [output.stdout, output.stderr].map(|text| {
            let text = String::from_utf8_lossy(&text).into_owned();
            text.replace("running 1 test", "")
        });
        assert!(output.status.success(), "{version}: {stdout}\n{stderr}");
        assert!(
            stdout.contains(&format!("<{version}>")),
            "{version}: {stdout}"
        );
        let printed = stdout.split('<').next().unwrap_or("").trim();
        assert!(
            printed.is_empty() || printed.ends_with("..."),
            "{version} prints {printed}"
        );
        assert_eq!(stderr, "", "{version}");
    }
}

/// Loads, runs, fails and refuses with this version, then prints the version that the library says it has.
fn double_with(version: &str) {
    let written = Written::new(&doubling());
    let request = LoadRequest {
        version: Some(version.to_owned()),
        ..doubling_request(&written.path)
    };
    let loaded = load(&request);
    let mut session = loaded.session().expect("a session");
    for _ in 0..3 {
        assert_eq!(
            run(session.as_mut(), &[floats(&[1.5, -2.0])]),
            [floats(&[3.0, -4.0])]
        );
    }
    fs::write(&written.path, b"this is no model").expect("writes");
    assert!(OnnxRuntime.load(&request).is_err());
    println!("<{}>", loaded.runtime().version);
}
