//! What the terminal can show: its width, whether colour is wanted, and a line that rewrites itself.

use std::io::{IsTerminal, Write};

/// Columns assumed where standard output is no terminal.
const PIPE_WIDTH: usize = 120;

/// Columns of the terminal behind standard output; `COLUMNS` where it is set.
pub fn width() -> usize {
    let asked = std::env::var("COLUMNS")
        .ok()
        .and_then(|text| text.parse().ok());
    asked.or_else(actual_width).unwrap_or(PIPE_WIDTH).max(40)
}

fn actual_width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}

/// Whether standard output is a terminal and nothing forbids colour.
pub fn colour() -> bool {
    std::io::stdout().is_terminal() && wants_colour()
}

fn wants_colour() -> bool {
    let forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    !forbidden && !dumb
}

/// Rewrites the line that standard error stands in, and clears it where `text` is empty; nothing where that is no
/// terminal. Progress that cannot be shown costs nothing that was asked for.
pub fn rewrite(text: &str) {
    let mut error = std::io::stderr();
    if error.is_terminal() {
        let _ = write!(error, "\r\x1b[2K{text}");
        let _ = error.flush();
    }
}

/// `text` as one line without what would move a terminal's cursor, and without a workflow command, which CI systems read on both
/// streams: `::…` where a line begins with it, and the older `##[…]` anywhere in one.
pub fn plain(text: &str) -> String {
    let visible = |letter: char| match letter.is_control() {
        true => HIDDEN,
        false => letter,
    };
    let line: String = text.chars().map(visible).collect();
    let line = line.replace("##[", "#\u{fffd}[");
    match line.trim_start().starts_with("::") {
        true => format!("{HIDDEN}{line}"),
        false => line,
    }
}

/// What stands for a letter that is not shown.
const HIDDEN: char = '\u{fffd}';

/// Whether the locale can show more than ASCII.
pub fn unicode() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty());
    match locale {
        Some(locale) => {
            let locale = locale.to_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        }
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_text_is_one_line_that_commands_nothing() {
        assert_eq!(plain("resnet-18: µs"), "resnet-18: µs");
        assert_eq!(
            plain("a\n::error::b\x1b[2K"),
            "a\u{fffd}::error::b\u{fffd}[2K"
        );
        assert_eq!(plain("  ::error::b"), "\u{fffd}  ::error::b");
        assert_eq!(plain("\n::error::b"), "\u{fffd}::error::b");
        assert_eq!(plain("a ##[error]b"), "a #\u{fffd}[error]b");
        assert_eq!(plain("###[group]#[b]"), "##\u{fffd}[group]#[b]");
    }
}
