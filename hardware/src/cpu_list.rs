//! The kernel's way to write a set of processors or nodes: `0-3,8,10-11`.

/// The members, sorted, each once; `None` where the text is no such list.
pub(crate) fn members(text: &str) -> Option<Vec<u64>> {
    /// More than any kernel can be built for.
    const MOST: u64 = 65_536;
    let mut members = Vec::new();
    for part in text.trim().split(',').filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
        if first > last || last >= MOST {
            return None;
        }
        members.extend(first..=last);
    }
    members.sort_unstable();
    members.dedup();
    Some(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_single_members_are_one_sorted_set() {
        assert_eq!(members("0-1\n"), Some(vec![0, 1]));
        assert_eq!(members("8,0-2,1,10-11"), Some(vec![0, 1, 2, 8, 10, 11]));
        assert_eq!(members("\n"), Some(Vec::new()));
    }

    #[test]
    fn what_is_no_list_or_too_large_is_none() {
        for wrong in ["a", "1-", "-1", "3-1", "0-99999999999", "0-3:2", "1 2"] {
            assert_eq!(members(wrong), None, "{wrong}");
        }
    }
}
