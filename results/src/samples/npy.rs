//! The header of a NumPy file, format version 1.0 (<https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>).

const MAGIC: &[u8] = b"\x93NUMPY\x01\x00";
const ALIGNMENT: usize = 64;
const ORDER: char = if cfg!(target_endian = "little") {
    '<'
} else {
    '>'
};

/// What stands before `count` samples; a multiple of 64 bytes.
pub fn header(count: u64) -> Vec<u8> {
    let prefix = MAGIC.len() + size_of::<u16>();
    let mut text = format!("{}({count},), }}", dictionary());
    let unpadded = prefix + text.len() + 1;
    let padding = unpadded.next_multiple_of(ALIGNMENT) - unpadded;
    text.push_str(&" ".repeat(padding));
    text.push('\n');
    let len = (text.len() as u16).to_le_bytes();
    [MAGIC, &len, text.as_bytes()].concat()
}

/// The count that the header announces, and what stands behind it; or why this is no such file.
pub fn split(bytes: &[u8]) -> Result<(u64, &[u8]), String> {
    let foreign = || "it is no NumPy file of version 1.0".to_owned();
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(foreign)?;
    let (len, rest) = rest.split_first_chunk().ok_or_else(foreign)?;
    let (text, body) = rest
        .split_at_checked(u16::from_le_bytes(*len).into())
        .ok_or_else(foreign)?;
    let count = std::str::from_utf8(text).ok().and_then(|text| {
        let count = text.trim_end().strip_prefix(&dictionary())?;
        count.strip_prefix('(')?.strip_suffix(",), }")?.parse().ok()
    });
    let count = count.ok_or_else(|| {
        format!(
            "its header is '{}'",
            String::from_utf8_lossy(text).trim_end()
        )
    })?;
    Ok((count, body))
}

fn dictionary() -> String {
    let fields = [
        ("issued", "u8"),
        ("latency", "u8"),
        ("skew", "u4"),
        ("delay", "u4"),
    ];
    let fields = fields.map(|(name, kind)| format!("('{name}', '{ORDER}{kind}')"));
    format!(
        "{{'descr': [{}], 'fortran_order': False, 'shape': ",
        fields.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_begins_at_a_multiple_of_64_bytes_whatever_the_count() {
        for count in [0, 9, 1_000_000, u64::MAX] {
            let header = header(count);
            assert_eq!(header.len() % ALIGNMENT, 0);
            assert_eq!(split(&header), Ok((count, &[][..])));
        }
    }

    #[test]
    fn an_array_of_another_kind_is_refused_with_its_header() {
        let other = String::from_utf8_lossy(&header(3)[10..]).replace("'issued'", "'started'");
        let len = (other.len() as u16).to_le_bytes();
        let bytes = [MAGIC, &len, other.as_bytes()].concat();
        let error = split(&bytes).unwrap_err();
        assert!(error.contains("'started'"), "{error}");
    }
}
