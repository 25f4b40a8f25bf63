//! Whether a file can be loaded at all, so that a wrong one is told by name and not by the loader.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

const HEADER: usize = 64;
const SHARED_OBJECT: u16 = 3;
const X86_64: u16 = 62;

/// Why a file is no library that this machine can load.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// There is no such file.
    #[error("there is no library {}: check the path", .0.display())]
    Missing(PathBuf),
    /// A folder.
    #[error("{} is a folder: name the library in it", .0.display())]
    Folder(PathBuf),
    /// It cannot be read.
    #[error("cannot read the library {}: {error}; check its permissions", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Too short for the header that every library begins with.
    #[error("{} has {bytes} bytes, fewer than a library's header: it is truncated, fetch it again", path.display())]
    Short {
        /// The file.
        path: PathBuf,
        /// How many bytes it has.
        bytes: usize,
    },
    /// It ends before what its header announces, and loading it would end the process.
    #[error("{} has {bytes} bytes of the {needs} that its header announces: it is truncated, fetch it again", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// How many bytes it has.
        bytes: u64,
        /// How many it should have at least.
        needs: u64,
    },
    /// Not in the format of libraries.
    #[error("{} is no library: it does not begin as an ELF file does; name a shared library (.so) for Linux", .0.display())]
    NotElf(PathBuf),
    /// For another processor or another kind of system.
    #[error("{} is a library for {found}, this program needs one for x86-64: name one that was built for it", path.display())]
    Architecture {
        /// The file.
        path: PathBuf,
        /// What it was built for.
        found: String,
    },
    /// A program or an object file.
    #[error("{} is {found}, not a shared library: name a file that was linked as one (.so)", path.display())]
    Kind {
        /// The file.
        path: PathBuf,
        /// What it is.
        found: &'static str,
    },
}

/// Checks that a file is a whole 64-bit x86-64 ELF shared object; it reads headers only.
///
/// # Errors
/// Where it is missing, a folder, unreadable, truncated, in another format, of another kind or for another processor.
pub fn check_library(path: &Path) -> Result<(), LibraryError> {
    let header = read_header(path)?;
    let owned = || path.to_owned();
    if header.len() >= 4 && &header[..4] != b"\x7fELF" {
        return Err(LibraryError::NotElf(owned()));
    }
    if header.len() < HEADER {
        return Err(LibraryError::Short {
            path: owned(),
            bytes: header.len(),
        });
    }
    if let Some(found) = foreign(&header) {
        return Err(LibraryError::Architecture {
            path: owned(),
            found,
        });
    }
    if let Some(found) = kind(&header) {
        return Err(LibraryError::Kind {
            path: owned(),
            found,
        });
    }
    let lengths = lengths(path, &header).map_err(|error| LibraryError::Unreadable {
        path: owned(),
        error,
    })?;
    match lengths {
        (bytes, needs) if bytes < needs => Err(LibraryError::Truncated {
            path: owned(),
            bytes,
            needs,
        }),
        _ => Ok(()),
    }
}

/// How long the file is, and how long it must be for its tables and for the segments that are loaded (elf(5)).
fn lengths(path: &Path, header: &[u8]) -> io::Result<(u64, u64)> {
    const SEGMENT: u64 = 56;
    const LOADED: [u8; 4] = 1u32.to_le_bytes();
    let table = |offset: usize, size: usize, count: usize| {
        let size = u64::from(half(header, size));
        let count = u64::from(half(header, count));
        (word(header, offset), size, size * count)
    };
    let mut file = File::open(path)?;
    let bytes = file.metadata()?.len();
    let (start, size, length) = table(32, 54, 56);
    let (sections, _, sections_length) = table(40, 58, 60);
    let mut needs = start.saturating_add(length);
    needs = needs.max(sections.saturating_add(sections_length));
    if needs > bytes || size != SEGMENT {
        return Ok((bytes, needs));
    }
    let mut segments = vec![0; length as usize];
    file.seek(SeekFrom::Start(start))?;
    file.read_exact(&mut segments)?;
    for segment in segments.chunks_exact(SEGMENT as usize) {
        if segment.starts_with(&LOADED) {
            needs = needs.max(word(segment, 8).saturating_add(word(segment, 32)));
        }
    }
    Ok((bytes, needs))
}

fn word(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(word)
}

fn half(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn read_header(path: &Path) -> Result<Vec<u8>, LibraryError> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            LibraryError::Missing(path.to_owned())
        }
        _ => LibraryError::Unreadable {
            path: path.to_owned(),
            error,
        },
    };
    if std::fs::metadata(path).map_err(failed)?.is_dir() {
        return Err(LibraryError::Folder(path.to_owned()));
    }
    let mut header = Vec::with_capacity(HEADER);
    let file = File::open(path).map_err(failed)?;
    file.take(HEADER as u64)
        .read_to_end(&mut header)
        .map_err(failed)?;
    Ok(header)
}

/// What a header is for, unless it is for x86-64 in 64 bits.
fn foreign(header: &[u8]) -> Option<String> {
    const LITTLE_ENDIAN: u8 = 1;
    let bits = match header[4] {
        1 => " (32 bits)",
        _ => "",
    };
    let machine = match header[5] {
        LITTLE_ENDIAN => u16::from_le_bytes([header[18], header[19]]),
        _ => u16::from_be_bytes([header[18], header[19]]),
    };
    let right = machine == X86_64 && bits.is_empty() && header[5] == LITTLE_ENDIAN;
    (!right).then(|| format!("{}{bits}", processor(machine)))
}

fn processor(machine: u16) -> String {
    let name = match machine {
        3 => "x86",
        8 => "MIPS",
        21 => "64-bit PowerPC",
        22 => "IBM Z",
        40 => "32-bit ARM",
        X86_64 => "x86-64",
        183 => "64-bit ARM (aarch64)",
        243 => "RISC-V",
        258 => "LoongArch",
        other => return format!("a processor of ELF number {other}"),
    };
    name.to_owned()
}

fn kind(header: &[u8]) -> Option<&'static str> {
    match u16::from_le_bytes([header[16], header[17]]) {
        SHARED_OBJECT => None,
        1 => Some("an object file"),
        2 => Some("a program"),
        4 => Some("a core dump"),
        _ => Some("of an unknown ELF type"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(class: u8, order: u8, kind: u16, machine: u16) -> Vec<u8> {
        let mut header = vec![0; HEADER];
        header[..4].copy_from_slice(b"\x7fELF");
        (header[4], header[5]) = (class, order);
        let bytes = |value: u16| match order {
            2 => value.to_be_bytes(),
            _ => value.to_le_bytes(),
        };
        header[16..18].copy_from_slice(&bytes(kind));
        header[18..20].copy_from_slice(&bytes(machine));
        header
    }

    fn check(content: &[u8]) -> Result<(), String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lib.so");
        std::fs::write(&path, content).expect("writes");
        check_library(&path).map_err(|error| error.to_string())
    }

    #[track_caller]
    fn refused(content: &[u8], part: &str) {
        let error = check(content).expect_err("no library");
        assert!(error.contains("lib.so") && error.contains(part), "{error}");
    }

    #[test]
    fn a_shared_object_for_x86_64_passes() {
        assert_eq!(check(&header(2, 1, SHARED_OBJECT, X86_64)), Ok(()));
    }

    /// A shared object with one segment of 100 bytes to load, behind the table that announces it.
    fn with_a_segment() -> Vec<u8> {
        let mut file = header(2, 1, SHARED_OBJECT, X86_64);
        file[32] = HEADER as u8;
        (file[54], file[56]) = (56, 1);
        let mut segment = vec![0; 56];
        (segment[0], segment[8], segment[32]) = (1, 120, 100);
        file.extend(segment);
        file.extend([7; 100]);
        file
    }

    #[test]
    fn a_file_that_ends_within_a_table_or_a_segment_is_truncated() {
        let whole = with_a_segment();
        assert_eq!(check(&whole), Ok(()));
        refused(&whole[..219], "219 bytes of the 220");
        refused(&whole[..119], "119 bytes of the 120");
        refused(&whole[..64], "64 bytes of the 120");
        let mut sections = whole.clone();
        sections[40..48].copy_from_slice(&200u64.to_le_bytes());
        (sections[58], sections[60]) = (64, 2);
        refused(&sections, "220 bytes of the 328");
    }

    #[test]
    fn a_header_that_announces_more_than_there_can_be_is_no_panic() {
        let mut huge = with_a_segment();
        huge[32..48].fill(0xff);
        huge[54..62].fill(0xff);
        refused(&huge, "truncated");
        let mut segment = with_a_segment();
        segment[72..80].fill(0xff);
        refused(&segment, "truncated");
    }

    #[test]
    fn another_processor_is_named() {
        refused(&header(2, 1, 3, 183), "aarch64");
        refused(&header(1, 1, 3, 3), "x86 (32 bits)");
        refused(&header(1, 1, 3, X86_64), "x86-64 (32 bits)");
        refused(&header(2, 2, 3, 22), "IBM Z");
        refused(&header(2, 1, 3, 999), "ELF number 999");
    }

    #[test]
    fn what_is_no_shared_object_is_named() {
        refused(&header(2, 1, 2, X86_64), "a program");
        refused(&header(2, 1, 1, X86_64), "an object file");
    }

    #[test]
    fn what_is_no_library_at_all_is_told() {
        refused(b"PK\x03\x04 an archive", "no library");
        refused(b"\x7fELF", "4 bytes");
        refused(b"", "0 bytes");
    }

    #[test]
    fn a_missing_file_and_a_folder_are_told_apart() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = check_library(folder.path()).expect_err("a folder");
        assert!(matches!(error, LibraryError::Folder(_)), "{error}");
        let error = check_library(&folder.path().join("x.so")).expect_err("missing");
        assert!(matches!(error, LibraryError::Missing(_)), "{error}");
    }
}
