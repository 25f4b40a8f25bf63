//! Installing small wheels from files: what is kept, what is refused, what an interruption leaves.

use std::fs;

use super::*;
use crate::observe::Silent;
use crate::testing::{Bench, FILE, Heard, LIBRARY, write_wheel};

#[track_caller]
fn refused(result: Result<Outcome, InstallError>, parts: &[&str]) {
    let error = result.expect_err("refused").to_string();
    for part in parts {
        assert!(error.contains(part), "no '{part}' in: {error}");
    }
}

#[test]
fn only_the_wanted_members_are_unpacked_and_found_with_their_hash() {
    let bench = Bench::new();
    let outcome = bench.install().expect("installs");
    assert!(!outcome.before);
    let found = bench.runtimes().find("small", None).expect("there");
    assert_eq!(found, outcome.installed);
    assert_eq!(found.library, bench.place().join("lib.so"));
    assert_eq!(
        found.library_sha256,
        crate::file_sha256(&found.library).expect("reads")
    );
    assert_eq!(fs::read_to_string(&found.library).expect("reads"), LIBRARY);
    let mut names: Vec<_> = fs::read_dir(bench.place())
        .expect("there")
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["LICENSE", "installed.json", "lib.so"]);
    assert_eq!(bench.left(), ["1.0"]);
}

#[test]
fn what_is_installed_and_whole_stays_and_force_installs_anew() {
    let bench = Bench::new();
    bench.install().expect("installs");
    fs::write(bench.place().join("mark"), "").expect("writes");
    assert!(bench.install().expect("there").before);
    assert!(bench.place().join("mark").exists());
    let request = Request {
        force: true,
        ..bench.request(Source::Files(vec![bench.wheel()]))
    };
    let outcome = bench
        .runtimes()
        .install(&request, &mut Silent)
        .expect("installs");
    assert!(!outcome.before && !bench.place().join("mark").exists());
}

#[test]
fn a_changed_file_is_noticed_by_its_hash_and_replaced() {
    let bench = Bench::new();
    bench.install().expect("installs");
    let library = bench.place().join("lib.so");
    fs::write(&library, LIBRARY.replace("not", "NOT")).expect("writes");
    let mut heard = Heard::default();
    let request = bench.request(Source::Files(vec![bench.wheel()]));
    let outcome = bench
        .runtimes()
        .install(&request, &mut heard)
        .expect("installs");
    assert!(!outcome.before);
    assert_eq!(
        heard.events,
        ["Verifying", "Replacing", "Checking", "Unpacking"]
    );
    assert_eq!(fs::read_to_string(&library).expect("reads"), LIBRARY);
}

#[test]
fn another_recipe_replaces_what_an_earlier_one_installed() {
    let bench = Bench::new();
    bench.install().expect("installs");
    let other = Bench::with(&[("small/capi/lib.so", "other"), ("small/capi/LICENSE", "")]);
    let package = other.catalogue.runtime("small", None).expect("there");
    assert!(!is_installed_at(&bench.place(), package));
    let request = other.request(Source::Files(vec![other.wheel()]));
    let outcome = bench
        .runtimes()
        .install(&request, &mut Silent)
        .expect("installs");
    assert!(!outcome.before);
    assert!(is_installed_at(&bench.place(), package));
    assert_eq!(
        fs::read_to_string(outcome.installed.library).expect("reads"),
        "other"
    );
}

#[test]
fn a_wheel_with_another_hash_is_refused_with_both_hashes() {
    let bench = Bench::new();
    let other = bench.path("other.whl");
    let members = [
        ("small/capi/lib.so", LIBRARY),
        ("small/capi/LICENSE", "none"),
    ];
    write_wheel(&other, &members);
    let wanted = crate::file_sha256(&bench.wheel()).expect("reads");
    let found = crate::file_sha256(&other).expect("reads");
    refused(
        bench.install_from(other),
        &["other.whl", &wanted, &found, FILE, "again"],
    );
    assert_eq!(bench.left(), [""; 0]);
}

#[test]
fn a_truncated_file_and_one_that_is_no_archive_are_told_apart() {
    let bench = Bench::new();
    let whole = fs::read(bench.wheel()).expect("reads");
    let cut = bench.path("cut.whl");
    fs::write(&cut, &whole[..whole.len() / 2]).expect("writes");
    let sizes = format!("{} of {} bytes", whole.len() / 2, whole.len());
    refused(bench.install_from(cut), &["cut.whl", "truncated", &sizes]);
    let page = bench.path("page.html");
    fs::write(&page, "<html>not found</html>").expect("writes");
    refused(
        bench.install_from(page),
        &["page.html", "no zip archive", FILE],
    );
    refused(bench.install_from(bench.path("")), &["no zip archive"]);
    refused(
        bench.install_from(bench.path("nothing.whl")),
        &["nothing.whl", "check the path"],
    );
}

#[test]
fn a_wheel_that_lacks_what_the_catalogue_lists_is_refused_by_the_member() {
    let bench = Bench::with(&[("small/capi/lib.so", LIBRARY)]);
    refused(bench.install(), &[FILE, "'small/capi/LICENSE'"]);
    assert_eq!(bench.left(), [""; 0]);
}

#[test]
fn a_wheel_that_unpacks_to_more_than_announced_is_refused() {
    let long = "x".repeat(100_000);
    let bench = Bench::pinning(&[("small/capi/lib.so", &long)], r#"["lib.so"]"#, 99_999);
    refused(bench.install(), &[FILE, "99999 bytes"]);
    assert_eq!(bench.left(), [""; 0]);
}

#[test]
fn a_member_that_leads_outside_is_refused() {
    let members = [
        ("small/capi/lib.so", LIBRARY),
        ("small/capi/inner/../../../../../out", "escaped"),
    ];
    let bench = Bench::pinning(&members, r#"["lib.so", "inner/"]"#, 1000);
    refused(bench.install(), &[FILE, "out'", "inside the folder"]);
    assert!(!bench.path("out").exists() && !bench.path("runtimes/out").exists());
}

#[test]
fn a_folder_is_unpacked_with_all_that_it_holds() {
    let members = [
        ("small/capi/lib.so", LIBRARY),
        ("small/capi/include/a.h", "a"),
        ("small/capi/include/deep/b.h", "bb"),
        ("small/capi/includes", "no"),
    ];
    let bench = Bench::pinning(&members, r#"["lib.so", "include/"]"#, 1000);
    let outcome = bench.install().expect("installs");
    assert_eq!(outcome.installed.bytes.as_bytes(), LIBRARY.len() as u64 + 3);
    assert_eq!(
        fs::read_to_string(bench.place().join("include/deep/b.h")).expect("reads"),
        "bb"
    );
    assert!(!bench.place().join("includes").exists());
    assert!(bench.install().expect("there").before);
}

#[test]
fn what_an_interrupted_installation_left_is_not_installed_and_goes_with_the_next() {
    let bench = Bench::new();
    let half = bench.path("runtimes/small/.tare-installing-1");
    fs::create_dir_all(half.join("new")).expect("makes");
    fs::write(half.join("new/lib.so"), LIBRARY).expect("writes");
    fs::write(half.join("new/installed.json"), "{}").expect("writes");
    assert!(bench.runtimes().find("small", None).is_err());
    bench.install().expect("installs");
    assert_eq!(bench.left(), ["1.0"]);
}

/// Moves the installed folder to where the one that replaces it would put it, and ends there.
fn interrupt_replacing(bench: &Bench) {
    let replaced = bench.path("runtimes/small/.tare-installing-1/replaced");
    fs::create_dir_all(&replaced).expect("makes");
    fs::rename(bench.place(), replaced.join("1.0")).expect("moves");
}

#[test]
fn what_was_being_replaced_when_the_process_ended_comes_back() {
    let bench = Bench::new();
    bench.install().expect("installs");
    fs::write(bench.place().join("mark"), "").expect("writes");
    interrupt_replacing(&bench);
    assert!(bench.runtimes().find("small", None).is_err());
    let nowhere = bench.install_from(bench.path("nothing.whl"));
    assert!(nowhere.expect("there again").before);
    assert!(bench.place().join("mark").exists());
    assert_eq!(bench.left(), ["1.0"]);
}

#[test]
fn what_was_replaced_already_does_not_come_back() {
    let bench = Bench::new();
    bench.install().expect("installs");
    fs::write(bench.place().join("mark"), "").expect("writes");
    interrupt_replacing(&bench);
    fs::create_dir(bench.place()).expect("makes");
    assert!(!bench.install().expect("installs").before);
    assert!(!bench.place().join("mark").exists());
    assert_eq!(bench.left(), ["1.0"]);
}

#[test]
fn replacing_keeps_what_was_there_under_its_own_name_until_it_is_done() {
    let bench = Bench::new();
    bench.install().expect("installs");
    let lock = Lock::take(&bench.path("runtimes/small"), &mut Silent).expect("free");
    let scratch = lock.scratch().expect("makes");
    let prepared = scratch.folder("new").expect("makes");
    place::place(&prepared, &bench.place(), &scratch).expect("placed");
    let kept = scratch.path("replaced").join("1.0/lib.so");
    assert_eq!(fs::read_to_string(kept).expect("reads"), LIBRARY);
    drop(scratch);
    assert_eq!(bench.left(), ["1.0"]);
}

#[test]
fn a_folder_without_its_manifest_is_not_installed_and_is_replaced() {
    let bench = Bench::new();
    fs::create_dir_all(bench.place()).expect("makes");
    fs::write(bench.place().join("lib.so"), LIBRARY).expect("writes");
    assert!(bench.runtimes().find("small", Some("1.0")).is_err());
    assert!(!bench.install().expect("installs").before);
}

#[test]
fn stopping_leaves_what_was_there_and_nothing_else() {
    let bench = Bench::new();
    bench.install().expect("installs");
    let mut heard = Heard {
        stop_at: Some("Checking"),
        ..Heard::default()
    };
    let request = Request {
        force: true,
        ..bench.request(Source::Files(vec![bench.wheel()]))
    };
    let stopped = bench.runtimes().install(&request, &mut heard);
    assert!(matches!(stopped, Err(InstallError::Stopped)));
    assert_eq!(bench.left(), ["1.0"]);
    assert!(bench.install().expect("there").before);
}

#[test]
fn two_installations_at_once_wait_for_each_other() {
    let bench = Bench::new();
    let lock = Lock::take(&bench.path("runtimes/small"), &mut Silent).expect("free");
    let mut heard = Heard {
        stop_at: Some("Waiting"),
        ..Heard::default()
    };
    let request = bench.request(Source::Files(vec![bench.wheel()]));
    let stopped = bench.runtimes().install(&request, &mut heard);
    assert!(matches!(stopped, Err(InstallError::Stopped)));
    assert_eq!(heard.events, ["Waiting"]);
    drop(lock);
    bench.install().expect("installs");
}

#[test]
fn many_installations_at_once_leave_one_whole() {
    let bench = Bench::new();
    let outcomes: Vec<bool> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| bench.install().expect("installs").before))
            .collect();
        started
            .into_iter()
            .map(|thread| thread.join().expect("ends"))
            .collect()
    });
    assert_eq!(outcomes.iter().filter(|before| !**before).count(), 1);
    assert_eq!(bench.left(), ["1.0"]);
}

#[test]
fn a_place_that_cannot_be_made_is_told_with_the_remedy() {
    let bench = Bench::new();
    fs::write(bench.path("runtimes"), "a file").expect("writes");
    refused(bench.install(), &["runtimes", "TARE_RUNTIMES"]);
}

#[test]
fn another_machine_is_told_what_the_catalogue_is_for() {
    assert!(supported("linux", "x86_64").is_ok());
    let error = supported("macos", "aarch64")
        .expect_err("refused")
        .to_string();
    assert!(
        error.contains("x86-64 Linux") && error.contains("aarch64 macos"),
        "{error}"
    );
}

#[test]
fn a_link_in_the_place_of_a_file_is_refused() {
    let bench = Bench::pinning(&[], r#"["lib.so"]"#, 1000);
    let text = fs::read_to_string(bench.path("catalogue.toml")).expect("reads");
    let before = crate::file_sha256(&bench.wheel()).expect("reads");
    let mut zip = zip::ZipWriter::new(fs::File::create(bench.wheel()).expect("creates"));
    let options = zip::write::SimpleFileOptions::default();
    zip.add_symlink("small/capi/lib.so", "/etc/passwd", options)
        .expect("adds");
    zip.finish().expect("finishes");
    let sha256 = crate::file_sha256(&bench.wheel()).expect("reads");
    fs::write(bench.path("other.toml"), text.replace(&before, &sha256)).expect("writes");
    let catalogue = crate::Catalogue::read(&bench.path("other.toml")).expect("well formed");
    let request = Request {
        package: catalogue.runtime("small", None).expect("there"),
        ..bench.request(Source::Files(vec![bench.wheel()]))
    };
    refused(
        bench.runtimes().install(&request, &mut Silent),
        &[FILE, "no plain file"],
    );
}
