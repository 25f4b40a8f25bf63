//! Hashes as text.

use std::io::{self, Read};

use sha2::{Digest, Sha256};

/// The sha256 of `bytes` in lower-case hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The SHA-256, in hexadecimal, of everything that `bytes` gives, read piece by piece.
///
/// # Errors
/// The first that reading gives.
pub fn sha256_of(mut bytes: impl Read) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut piece = vec![0; 1 << 20];
    loop {
        match bytes.read(&mut piece)? {
            0 => break,
            read => hash.update(&piece[..read]),
        }
    }
    let digest = hash.finalize();
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_in_pieces_has_the_hash_of_the_whole() {
        let bytes = vec![7u8; (1 << 20) + 3];
        assert_eq!(sha256_of(&bytes[..]).expect("reads"), sha256_hex(&bytes));
        assert_eq!(sha256_of(&[][..]).expect("reads"), sha256_hex(&[]));
    }

    #[test]
    fn the_hash_of_nothing_is_the_published_one() {
        let published = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256_hex(b""), published);
    }
}
