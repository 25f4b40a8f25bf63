//! Which checks a strict run heeds: a set that a person can choose.

use super::{CHECKS, check_named};

/// The names of the checks whose problems a strict run refuses unless told otherwise.
pub fn strict_names() -> Vec<&'static str> {
    let strict = CHECKS.iter().filter(|check| check.is_strict);
    strict.map(|check| check.name).collect()
}

/// The set that `text` names, in the order of the list of checks: names after commas, each added, or left out where it
/// begins with `-`; `default` and `all` stand for many. Where the first is left out, it is so of the default.
///
/// # Errors
/// Where there is no such check, or none is left.
pub fn strict_set(text: &str) -> Result<Vec<&'static str>, String> {
    let mut chosen = match text.starts_with('-') {
        true => strict_names(),
        false => Vec::new(),
    };
    for item in text.split(',') {
        let (is_left_out, name) = match item.strip_prefix('-') {
            Some(name) => (true, name),
            None => (false, item),
        };
        let named = named(name)?;
        match is_left_out {
            true => chosen.retain(|name| !named.contains(name)),
            false => chosen.extend(named),
        }
    }
    if chosen.is_empty() {
        return Err("no check is left in it; leave --strict out, or name one".to_owned());
    }
    let all = CHECKS.iter().map(|check| check.name);
    Ok(all.filter(|name| chosen.contains(name)).collect())
}

fn named(name: &str) -> Result<Vec<&'static str>, String> {
    match name {
        "default" => Ok(strict_names()),
        "all" => Ok(CHECKS.iter().map(|check| check.name).collect()),
        _ => match check_named(name) {
            Some(check) => Ok(vec![check.name]),
            None => Err(format!(
                "there is no check '{name}'; there are default, all, {}",
                named("all")?.join(", ")
            )),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_added_and_left_out_from_left_to_right() {
        assert_eq!(strict_set("default").unwrap(), strict_names());
        assert_eq!(strict_set("all").unwrap().len(), CHECKS.len());
        assert_eq!(strict_set("steal,governor").unwrap(), ["governor", "steal"]);
        assert_eq!(strict_set("swap,swap").unwrap(), ["swap"]);
        let more = strict_set("default,turbo").unwrap();
        assert_eq!(more.len(), strict_names().len() + 1);
        assert_eq!(strict_set("all,-all,numa").unwrap(), ["numa"]);
    }

    #[test]
    fn a_set_that_begins_by_leaving_out_does_so_of_the_default() {
        let less = strict_set("-steal").unwrap();
        assert_eq!(less.len(), strict_names().len() - 1);
        assert!(!less.contains(&"steal"));
    }

    #[test]
    fn an_unknown_check_and_an_empty_set_are_refused_with_what_there_is() {
        let unknown = strict_set("weather").unwrap_err();
        assert!(
            unknown.starts_with("there is no check 'weather'; there are default, all, governor,"),
            "{unknown}"
        );
        assert!(
            strict_set("")
                .unwrap_err()
                .starts_with("there is no check ''")
        );
        assert!(
            strict_set("all,-all")
                .unwrap_err()
                .contains("no check is left")
        );
    }

    #[test]
    fn the_load_of_the_minute_before_is_told_and_not_refused_unless_asked_for() {
        assert!(!strict_names().contains(&"load"));
        assert!(strict_names().contains(&"foreign-load"));
    }
}
