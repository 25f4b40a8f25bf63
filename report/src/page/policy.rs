//! What a page allows a browser to do: nothing but its own style and its own script, whatever stands in its text.

use tare_results::sha256_hex;

/// The Content-Security-Policy under which `script` alone runs and nothing is fetched.
pub fn policy(script: &str) -> String {
    let hash = base64(&sha256_hex(script.as_bytes()));
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'; img-src data:"
    )
}

/// Bytes that are given in hexadecimal, in Base64 (RFC 4648, section 4): two digits for every three.
fn base64(hex: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: Vec<u32> = hex.chars().filter_map(|digit| digit.to_digit(16)).collect();
    let mut text = String::new();
    for three in bits.chunks(3) {
        let twelve = (0..3).fold(0, |sum, place| {
            sum * 16 + three.get(place).copied().unwrap_or(0)
        });
        text.push(char::from(DIGITS[(twelve / 64) as usize]));
        if three.len() > 1 {
            text.push(char::from(DIGITS[(twelve % 64) as usize]));
        }
    }
    let missing = (4 - text.len() % 4) % 4;
    text + &"=".repeat(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test vectors of RFC 4648, section 10.
    #[test]
    fn base64_is_that_of_the_standard() {
        let coded = [
            b"".as_slice(),
            b"f",
            b"fo",
            b"foo",
            b"foob",
            b"fooba",
            b"foobar",
        ]
        .map(|bytes| {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            base64(&hex)
        });
        let published = [
            "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy",
        ];
        assert_eq!(coded, published);
    }

    #[test]
    fn the_script_is_known_by_its_hash_and_no_other_runs() {
        let nothing = policy("");
        assert!(
            nothing.contains("script-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='")
        );
        assert!(nothing.starts_with("default-src 'none';"));
    }
}
