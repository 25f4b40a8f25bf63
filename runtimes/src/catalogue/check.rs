//! What a catalogue must hold to be followed: names that are plain, paths that stay inside, hashes that are some.

use std::collections::BTreeSet;
use std::path::{Component, Path};

use super::{Package, Wheel};

/// The first thing that is wrong with the packages.
pub(super) fn check(packages: &[Package]) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for package in packages {
        let Package { name, version, .. } = package;
        if !seen.insert((name, version)) {
            return Err(format!("{name} {version} stands twice"));
        }
        check_package(package).map_err(|reason| format!("{name} {version}: {reason}"))?;
    }
    Ok(())
}

fn check_package(package: &Package) -> Result<(), String> {
    for word in [&package.name, &package.version] {
        if !is_plain(word) {
            return Err(format!("'{word}' is not a plain name"));
        }
    }
    package.wheels.iter().try_for_each(check_wheel)?;
    let mut members = package.wheels.iter().flat_map(|wheel| &wheel.members);
    match members.any(|member| *member == package.library) {
        true => Ok(()),
        false => Err(format!(
            "the library {} is not among the members",
            package.library
        )),
    }
}

fn check_wheel(wheel: &Wheel) -> Result<(), String> {
    let Wheel { file, sha256, .. } = wheel;
    if wheel.tags().is_none() || !is_plain(file) {
        return Err(format!("'{file}' is not a file name of a wheel"));
    }
    let is_digit = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
    if sha256.len() != 64 || !sha256.bytes().all(is_digit) {
        return Err(format!(
            "'{sha256}' is not 64 lower-case hexadecimal digits"
        ));
    }
    let outside = wheel.members.iter().find(|member| !stays_inside(member));
    match outside {
        Some(member) => Err(format!(
            "the member '{member}' is not a path inside the folder"
        )),
        None => Ok(()),
    }
}

/// Whether a word can be a file name and nothing else.
pub(crate) fn is_plain(word: &str) -> bool {
    let parts: Vec<Component<'_>> = Path::new(word).components().collect();
    matches!(parts.as_slice(), [Component::Normal(name)] if *name == word)
        && !word.starts_with(['.', '-'])
}

fn stays_inside(member: &str) -> bool {
    let normal = |part| matches!(part, Component::Normal(_));
    !member.is_empty() && Path::new(member).components().all(normal)
}
