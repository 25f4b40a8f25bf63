//! What the rules need to know of a Rust file, taken from its tokens, so that comments and strings never confuse them.

use std::ops::RangeInclusive;
use std::str::FromStr;

use anyhow::{Result, anyhow};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// What was found in one file; lines count from 1.
#[derive(Debug, Default)]
pub struct Scan {
    /// Every function with a body.
    pub functions: Vec<Function>,
    /// Every identifier and keyword with its line.
    pub identifiers: Vec<(String, usize)>,
    /// Lines of `.unwrap()` and `.expect(…)` outside `#[cfg(test)]`.
    pub panics: Vec<usize>,
    /// Lines under `#[cfg(test)]`.
    pub tests: Vec<RangeInclusive<usize>>,
    /// Modules declared under `#[cfg(test)]` that lie in a file of their own.
    pub test_modules: Vec<String>,
}

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Line of `fn`.
    pub line: usize,
    /// Lines from `fn` to the closing brace.
    pub length: usize,
}

/// Reads the tokens of `text`; fails where it is no Rust.
pub fn scan(path: &str, text: &str) -> Result<Scan> {
    let stream =
        TokenStream::from_str(text).map_err(|error| anyhow!("{path} is not Rust: {error}"))?;
    let mut scan = Scan::default();
    scan.walk(stream, false);
    Ok(scan)
}

impl Scan {
    fn walk(&mut self, stream: TokenStream, in_test: bool) {
        let trees: Vec<TokenTree> = stream.into_iter().collect();
        let mut test_since = None;
        for (index, tree) in trees.iter().enumerate() {
            if is_test_attribute(&trees[index..]) {
                test_since = Some(line(tree));
            }
            match tree {
                TokenTree::Ident(ident) => {
                    self.identifier(&ident.to_string(), &trees, index, in_test)
                }
                TokenTree::Group(group) => {
                    self.walk(group.stream(), in_test || test_since.is_some());
                    self.close(group, &mut test_since, in_test);
                }
                TokenTree::Punct(punct)
                    if punct.as_char() == ';' && test_since.take().is_some() =>
                {
                    self.test_modules.extend(declared_module(&trees[..index]));
                }
                _ => {}
            }
        }
    }

    fn identifier(&mut self, name: &str, trees: &[TokenTree], index: usize, in_test: bool) {
        self.identifiers
            .push((name.to_owned(), line(&trees[index])));
        if name == "fn" {
            self.functions.extend(function(&trees[index..]));
        }
        if !in_test && matches!(name, "unwrap" | "expect") && is_call(trees, index) {
            self.panics.push(line(&trees[index]));
        }
    }

    fn close(&mut self, group: &Group, test_since: &mut Option<usize>, in_test: bool) {
        if group.delimiter() == Delimiter::Brace
            && let Some(start) = test_since.take()
            && !in_test
        {
            self.tests.push(start..=group.span_close().end().line);
        }
    }
}

fn is_test_attribute(trees: &[TokenTree]) -> bool {
    let [TokenTree::Punct(hash), TokenTree::Group(attribute), ..] = trees else {
        return false;
    };
    let text: String = attribute.stream().to_string().split_whitespace().collect();
    hash.as_char() == '#' && (text == "cfg(test)" || text.starts_with("cfg(all(test,"))
}

fn declared_module(before: &[TokenTree]) -> Option<String> {
    match before {
        [.., TokenTree::Ident(keyword), TokenTree::Ident(name)] if keyword == "mod" => {
            Some(name.to_string())
        }
        _ => None,
    }
}

fn function(trees: &[TokenTree]) -> Option<Function> {
    let [keyword, TokenTree::Ident(name), rest @ ..] = trees else {
        return None;
    };
    let body = rest.iter().find_map(|tree| match tree {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(Some(group)),
        TokenTree::Punct(punct) if punct.as_char() == ';' => Some(None),
        _ => None,
    });
    let length = body??.span_close().end().line + 1 - line(keyword);
    Some(Function {
        name: name.to_string(),
        line: line(keyword),
        length,
    })
}

fn is_call(trees: &[TokenTree], index: usize) -> bool {
    let dot = index.checked_sub(1).map(|before| &trees[before]);
    matches!(dot, Some(TokenTree::Punct(punct)) if punct.as_char() == '.')
        && matches!(trees.get(index + 1), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis)
}

fn line(tree: &TokenTree) -> usize {
    tree.span().start().line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Scan {
        scan("a.rs", text).unwrap()
    }

    #[test]
    fn a_function_is_as_long_as_the_lines_from_its_keyword_to_its_brace() {
        let text = "#[inline]\nfn one() -> [u8; 2] {\n  \"}\";\n  // }\n}\ntrait T { fn none(); }\ntype F = fn(u8);";
        assert_eq!(
            of(text).functions,
            [Function {
                name: "one".into(),
                line: 2,
                length: 4
            }]
        );
    }

    #[test]
    fn a_function_in_a_function_is_found_too() {
        let names: Vec<String> = of("fn a() { fn b() {} }")
            .functions
            .into_iter()
            .map(|found| found.name)
            .collect();
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn panics_count_outside_tests_only_and_not_in_comments_or_strings() {
        let text = "fn a() { b.unwrap(); \".unwrap()\"; // .unwrap()\n c.expect(\"x\"); d.unwrap_or(1); expect(2) }\n\
                    #[cfg(test)]\nmod tests { fn t() { b.unwrap(); } }\nfn z() { c.unwrap() }";
        assert_eq!(of(text).panics, [1, 2, 5]);
    }

    #[test]
    fn panics_inside_macro_arguments_count() {
        assert_eq!(of("fn a() { println!(\"{}\", b.unwrap()) }").panics, [1]);
    }

    #[test]
    fn test_code_is_what_stands_under_the_attribute_alone() {
        let scan = of("fn a() {}\n#[cfg(test)]\nmod tests {\n  fn t() {}\n}\nfn b() {}");
        assert_eq!(scan.tests, [2..=5]);
    }

    #[test]
    fn code_for_everything_but_tests_is_no_test_code() {
        assert!(of("#[cfg(not(test))]\nmod real { }").tests.is_empty());
    }

    #[test]
    fn a_test_module_in_its_own_file_is_named_and_what_follows_is_code() {
        let scan = of("#[cfg(test)]\nmod tests;\nfn a() { b.unwrap() }");
        assert_eq!(
            (scan.test_modules, scan.panics),
            (vec!["tests".to_owned()], vec![3])
        );
    }

    #[test]
    fn text_that_is_no_rust_is_refused_by_path() {
        assert!(
            scan("bad.rs", "fn a( {")
                .unwrap_err()
                .to_string()
                .contains("bad.rs")
        );
    }
}
