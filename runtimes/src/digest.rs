//! The sha256 of a file, read in pieces so that a large library needs no memory.

use std::fmt::Write;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

const PIECE: usize = 64 * 1024;

/// The sha256 of a file's content in 64 lower-case hexadecimal digits.
///
/// # Errors
/// Where the file cannot be opened or read.
pub fn file_sha256(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut piece = vec![0; PIECE];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hex(&hash.finalize())),
            read => hash.update(&piece[..read]),
        }
    }
}

/// The sha256 of a text.
pub(crate) fn text_sha256(text: &str) -> String {
    hex(&Sha256::digest(text))
}

/// Two lower-case hexadecimal digits a byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_a_published_message_is_the_published_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("abc");
        std::fs::write(&path, "abc").expect("writes");
        assert_eq!(
            file_sha256(&path).expect("reads"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn a_file_longer_than_one_piece_is_hashed_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("million");
        std::fs::write(&path, "a".repeat(1_000_000)).expect("writes");
        assert_eq!(
            file_sha256(&path).expect("reads"),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        );
    }

    #[test]
    fn a_missing_file_is_an_error() {
        assert!(file_sha256(Path::new("/nowhere/at/all")).is_err());
    }
}
