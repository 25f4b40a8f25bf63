//! Ids of runs: how a new one is made, and which texts may name a folder of the store.

use sha2::{Digest, Sha256};

use super::StoreError;

/// The first id over `salt`, `salt + 1` … that is not taken, such as `20261121-104656-3f9a`.
pub fn unused(
    created: &str,
    salt: u64,
    is_taken: impl Fn(&str) -> bool,
) -> Result<String, StoreError> {
    let stamp = stamp(created).ok_or_else(|| StoreError::BadTime {
        created: created.to_owned(),
    })?;
    let mut salt = salt;
    loop {
        let id = format!("{stamp}-{}", digits(created, salt));
        if !is_taken(&id) {
            return Ok(id);
        }
        salt = salt.wrapping_add(1);
    }
}

/// Refuses what could lead out of the store or hide in it.
pub fn check(id: &str) -> Result<(), StoreError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let is_id = !id.is_empty() && id.len() <= 128 && !id.starts_with('.');
    if is_id && id.bytes().all(allowed) {
        return Ok(());
    }
    Err(StoreError::BadId { id: id.to_owned() })
}

fn stamp(created: &str) -> Option<String> {
    let (date_time, rest) = created.split_at_checked("2026-11-21T10:46:56".len())?;
    let shape: String = date_time
        .chars()
        .map(|c| if c.is_ascii_digit() { '9' } else { c })
        .collect();
    if shape != "9999-99-99T99:99:99" || !rest.ends_with('Z') {
        return None;
    }
    let digits: String = date_time.chars().filter(char::is_ascii_digit).collect();
    let (date, time) = digits.split_at(8);
    Some(format!("{date}-{time}"))
}

fn digits(created: &str, salt: u64) -> String {
    let digest = Sha256::new()
        .chain_update(created)
        .chain_update(salt.to_le_bytes())
        .finalize();
    format!("{:02x}{:02x}", digest[0], digest[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREATED: &str = "2026-11-21T10:46:56.123Z";

    #[test]
    fn an_id_begins_with_the_date_and_time() {
        let id = unused(CREATED, 7, |_| false).unwrap();
        assert_eq!(id.len(), "20261121-104656-3f9a".len());
        assert!(id.starts_with("20261121-104656-"), "{id}");
        check(&id).unwrap();
    }

    #[test]
    fn a_taken_id_gives_way_to_the_next() {
        let first = unused(CREATED, 7, |_| false).unwrap();
        let second = unused(CREATED, 7, |id| id == first).unwrap();
        assert_eq!(second, unused(CREATED, 8, |_| false).unwrap());
        assert_ne!(first, second);
    }

    #[test]
    fn a_time_that_is_not_utc_is_refused() {
        for wrong in [
            "",
            "now",
            "2026-11-21",
            "2026-11-21T10:46:56+01:00",
            "2026/11/21T10:46:56Z",
            "2026-11-21T10:46:5éZ",
        ] {
            let error = unused(wrong, 0, |_| false).unwrap_err().to_string();
            assert!(error.contains("UTC"), "{error}");
        }
    }

    #[test]
    fn what_could_lead_out_of_the_store_is_no_id() {
        let long = "a".repeat(129);
        for wrong in [
            "", ".", "..", "../a", "a/b", "/a", ".a", "a\0", "a b", &long,
        ] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
        for right in ["20261121-104656-3f9a", "nightly_1.2", "a"] {
            assert!(check(right).is_ok(), "{right}");
        }
    }
}
