//! The catalogue that is compiled in, and what another one may not hold.

use super::*;
use tare_units::Bytes;

fn compiled_in() -> Catalogue {
    Catalogue::parse(COMPILED_IN, "compiled in").expect("it is checked")
}

#[test]
fn the_newest_version_is_the_default() {
    let catalogue = compiled_in();
    let versions: Vec<&str> = catalogue
        .runtimes()
        .iter()
        .filter(|package| package.name == "onnxruntime")
        .map(|package| package.version.as_str())
        .collect();
    assert_eq!(versions, ["1.20.1", "1.22.1", "1.24.1", "1.30.0", "1.31.1"]);
    let default = catalogue.runtime("onnxruntime", None).expect("there");
    assert_eq!(default.version, "1.31.1");
}

#[test]
fn kits_are_no_runtimes() {
    let catalogue = compiled_in();
    assert!(catalogue.runtime("libtorch", None).is_err());
    let kit = catalogue.kit("libtorch").expect("there");
    assert_eq!((kit.version.as_str(), kit.wheels.len()), ("2.11.0", 3));
    assert!(catalogue.runtimes().iter().all(|package| !package.kit));
}

#[test]
fn every_package_is_for_this_platform_and_of_a_sane_size() {
    for package in &compiled_in().packages {
        for wheel in &package.wheels {
            let tags = wheel.tags().expect("checked");
            assert!(
                tags.platforms()
                    .all(|platform| platform.ends_with("_x86_64"))
            );
            assert_ne!(wheel.unpacked, Bytes::from_bytes(0));
            assert!(wheel.unpacked < Bytes::from_mib(1024), "{}", wheel.file);
        }
    }
}

#[test]
fn an_unknown_name_gets_the_list_and_a_suggestion() {
    let error = compiled_in()
        .runtime("onnxruntim", None)
        .expect_err("unknown");
    assert_eq!(
        error.to_string(),
        "unknown runtime 'onnxruntim': there are cublaslt, nvrtc, onnxruntime, onnxruntime-gpu; did you mean onnxruntime?"
    );
}

#[test]
fn an_unknown_version_gets_the_list_and_a_suggestion() {
    let error = compiled_in()
        .runtime("onnxruntime", Some("1.31.2"))
        .expect_err("unknown");
    assert_eq!(
        error.to_string(),
        "unknown version '1.31.2' of onnxruntime: there are 1.20.1, 1.22.1, 1.24.1, 1.30.0, 1.31.1; did you mean 1.31.1?"
    );
}

const GOOD: &str = r#"
[[package]]
name = "small"
version = "1.0"
library = "lib.so"
[[package.wheel]]
file = "small-1.0-py3-none-linux_x86_64.whl"
bytes = 10
sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
members = ["lib.so"]
unpacked = 5
"#;

#[track_caller]
fn refused(text: &str, part: &str) {
    let error = Catalogue::parse(text, "c.toml")
        .expect_err("malformed")
        .to_string();
    assert!(error.contains("c.toml") && error.contains(part), "{error}");
    assert!(!error.contains('\n'), "{error}");
}

#[test]
fn a_catalogue_that_leads_outside_or_pins_nothing_is_refused() {
    Catalogue::parse(GOOD, "c.toml").expect("well formed");
    refused(
        &GOOD.replace("\"small\"", "\"../small\""),
        "not a plain name",
    );
    refused(&GOOD.replace("\"1.0\"", "\".1.0\""), "not a plain name");
    refused(
        &GOOD.replace("lib.so\"", "../lib.so\""),
        "not a path inside",
    );
    refused(&GOOD.replace("lib.so\"", "/lib.so\""), "not a path inside");
    refused(&GOOD.replace("7816", "78X6"), "hexadecimal");
    refused(&GOOD.replace("7816", ""), "hexadecimal");
    refused(&GOOD.replace("-py3", ""), "file name of a wheel");
    refused(
        &GOOD.replace("library = \"lib", "library = \"other"),
        "other.so is not among",
    );
    refused(&GOOD.repeat(2), "stands twice");
    refused(&GOOD.replace("bytes", "bites"), "bites");
}

#[test]
fn a_recipe_changes_with_what_is_unpacked() {
    let recipe =
        |text: &str| Catalogue::parse(text, "").expect("well formed").packages[0].recipe_sha256();
    assert_eq!(recipe(GOOD), recipe(GOOD));
    assert_ne!(recipe(GOOD), recipe(&GOOD.replace("7816", "6187")));
}

#[test]
fn a_catalogue_file_that_is_missing_is_named_with_its_variable() {
    let error = Catalogue::read(Path::new("/nowhere/c.toml"))
        .expect_err("missing")
        .to_string();
    assert!(
        error.contains("/nowhere/c.toml") && error.contains(VARIABLE),
        "{error}"
    );
}
