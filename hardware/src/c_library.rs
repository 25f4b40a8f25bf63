//! Which C library this process uses, told by the file that is mapped into it.

use crate::Unavailable;
use crate::root::Root;

const MAPS: &str = "proc/self/maps";

/// Such as `glibc 2.36` or `musl`.
pub(crate) fn read(root: &Root) -> Result<String, Unavailable> {
    let maps = root.text(MAPS)?;
    let mut mapped = maps
        .lines()
        .filter_map(|line| Some(&line[line.find('/')?..]));
    let library = mapped.find_map(kind);
    let Some((kind, path)) = library else {
        return Err(Unavailable::None(
            "no C library is mapped into this program",
        ));
    };
    if kind == "musl" {
        return Ok(kind.to_owned());
    }
    let file = path.trim_start_matches('/');
    let text = root.text(file)?;
    let version = version(&text).ok_or_else(|| root.unclear(file, "version of glibc", ""))?;
    Ok(format!("{kind} {version}"))
}

fn kind(path: &str) -> Option<(&'static str, &str)> {
    let name = path.rsplit('/').next()?;
    let is_glibc = name == "libc.so.6" || name.starts_with("libc-2.");
    let is_musl = name.starts_with("ld-musl-") || name.starts_with("libc.musl-");
    match (is_glibc, is_musl) {
        (true, _) => Some(("glibc", path)),
        (_, true) => Some(("musl", path)),
        _ => None,
    }
}

/// The library holds the line that it prints when it is executed: `GNU C Library (...) stable release version 2.36.`
fn version(text: &str) -> Option<&str> {
    let banner = &text[text.find("GNU C Library")?..];
    let (_, after) = banner.lines().next()?.split_once("release version ")?;
    let version = after
        .split(|letter: char| !letter.is_ascii_digit() && letter != '.')
        .next()?;
    Some(version.trim_end_matches('.')).filter(|version| !version.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_root::FakeRoot;

    const LINE: &str = "7f00-7f28 r--p 00000000 00:17 99 ";

    fn with(path: &str, text: &str) -> FakeRoot {
        let root = FakeRoot::with(&[(
            MAPS,
            &format!("5500-5600 r--p 0 0:0 1 /bin/x\n{LINE}{path}\n"),
        )]);
        root.file(path.trim_start_matches('/'), text);
        root
    }

    fn told(root: &FakeRoot) -> Result<String, String> {
        read(&Root::new(root.path())).map_err(|reason| root.plain(&reason))
    }

    #[test]
    fn glibc_tells_its_version_in_its_banner() {
        let text =
            "\0ELF\0GNU C Library (Debian GLIBC 2.36-9) stable release version 2.36.\nCopyright\0";
        assert_eq!(told(&with("/lib/libc.so.6", text)), Ok("glibc 2.36".into()));
        assert_eq!(
            told(&with(
                "/lib/libc-2.31.so",
                &text.replace("2.36.", "2.31, by")
            )),
            Ok("glibc 2.31".into())
        );
        assert_eq!(
            told(&with("/lib/libc.so.6", "nothing")),
            Err("/lib/libc.so.6 gives no version of glibc: ''".into())
        );
    }

    #[test]
    fn musl_is_named_and_a_program_without_a_library_gives_the_reason() {
        assert_eq!(
            told(&with("/lib/ld-musl-x86_64.so.1", "")),
            Ok("musl".into())
        );
        assert_eq!(
            told(&with("/lib/libm.so.6", "")),
            Err("no C library is mapped into this program".into())
        );
    }
}
