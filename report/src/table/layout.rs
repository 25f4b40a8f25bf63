//! Sets columns into lines of a width: drops what does not fit, stretches the bars, wraps sentences.

use unicode_width::UnicodeWidthStr;

use super::bar::bar;
use super::columns::{Align, Column, Content, KEPT};
use super::stack::stacked;
use super::style::{Style, Tone};

const GAP: usize = 2;
const NAME: usize = 28;
const SHORT_NAME: usize = 16;
const SHORTEST_BAR: usize = 6;
const LONGEST_BAR: usize = 32;

/// A column as texts of equal width.
struct Set {
    header: &'static str,
    align: Align,
    importance: u8,
    content: Content,
    width: usize,
}

/// The header, a rule, and a line a row.
pub fn rows(columns: Vec<Column>, style: Style) -> Vec<String> {
    let mut sets: Vec<Set> = columns
        .into_iter()
        .map(|column| set(column, style))
        .collect();
    drop_until_it_fits(&mut sets, style.width, 0);
    if total(&sets) > style.width {
        sets.iter_mut().for_each(|set| set.shorten(style));
    }
    drop_until_it_fits(&mut sets, style.width, KEPT - 1);
    stretch_bars(&mut sets, style.width);
    let count = sets.iter().map(Set::rows).max().unwrap_or_default();
    let rule = style.shown(&"─".repeat(total(&sets)));
    let header = sets.iter().map(|set| (set.header.to_owned(), Tone::Strong));
    let mut lines = vec![
        line(&sets, header.collect(), style),
        style.paint(Tone::Dim, &rule),
    ];
    lines.extend((0..count).map(|row| {
        let cells = sets.iter().map(|set| set.cell(row, style));
        line(&sets, cells.collect(), style)
    }));
    lines
}

/// `parts` behind `mark` in lines of the style's width, broken between parts only; all but the first line begin below
/// the first part.
pub fn wrap<'a>(
    mark: &str,
    parts: impl IntoIterator<Item = &'a str>,
    separator: &str,
    style: Style,
) -> Vec<String> {
    let indent = if mark.is_empty() { 0 } else { mark.width() + 1 };
    let separator = style.shown(separator);
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for part in parts.into_iter().map(|part| style.shown(part)) {
        if line.is_empty() {
            line = part;
        } else if indent + line.width() + separator.width() + part.width() <= style.width {
            line.push_str(&separator);
            line.push_str(&part);
        } else {
            lines.push(std::mem::replace(&mut line, part));
        }
    }
    lines.push(line);
    let marks = std::iter::once(mark).chain(std::iter::repeat(""));
    let lines = lines.iter().zip(marks);
    lines
        .map(|(line, mark)| style.paint(Tone::Dim, &format!("{mark:indent$}{line}")))
        .collect()
}

impl Set {
    /// Names may lose their middle; figures, which stand to the right, are told whole or not at all.
    fn shorten(&mut self, style: Style) {
        if self.align == Align::Left {
            self.limit(SHORT_NAME, style);
        }
    }

    fn limit(&mut self, longest: usize, style: Style) {
        let longest = longest.max(self.header.width());
        let widest = match &mut self.content {
            Content::Bars(_) | Content::Stacks(_) => SHORTEST_BAR,
            Content::Texts(texts) => {
                let long = texts.iter_mut().filter(|(text, _)| text.width() > longest);
                long.for_each(|(text, _)| *text = ellipsis(text, longest, style));
                let widths = texts.iter().map(|(text, _)| text.width());
                widths.max().unwrap_or_default()
            }
        };
        self.width = widest.max(self.header.width());
    }

    fn rows(&self) -> usize {
        match &self.content {
            Content::Texts(texts) => texts.len(),
            Content::Bars(shares) => shares.len(),
            Content::Stacks(stacks) => stacks.len(),
        }
    }

    fn cell(&self, row: usize, style: Style) -> (String, Tone) {
        match &self.content {
            Content::Texts(texts) => texts[row].clone(),
            Content::Bars(shares) => {
                let bar = shares[row].map(|share| bar(share, self.width, style));
                (bar.unwrap_or_default(), Tone::Bar)
            }
            Content::Stacks(stacks) => {
                let bar = stacks[row].map(|stack| stacked(stack, self.width, style));
                (bar.unwrap_or_default(), Tone::Bar)
            }
        }
    }
}

fn set(column: Column, style: Style) -> Set {
    let Column {
        header,
        align,
        importance,
        content,
    } = column;
    let shown = |(text, tone): (String, Tone)| (style.shown(&text), tone);
    let content = match content {
        Content::Texts(texts) => Content::Texts(texts.into_iter().map(shown).collect()),
        bars => bars,
    };
    let mut set = Set {
        header,
        align,
        importance,
        content,
        width: 0,
    };
    set.limit(NAME, style);
    set
}

/// At most `longest` columns of `text`: its beginning and its end, where names differ.
fn ellipsis(text: &str, longest: usize, style: Style) -> String {
    let fitting = |chars: &mut dyn Iterator<Item = char>, room: usize| {
        let mut part = String::new();
        for c in chars {
            part.push(c);
            if part.width() > room {
                part.pop();
                break;
            }
        }
        part
    };
    let end = fitting(&mut text.chars().rev(), longest / 2);
    let start = fitting(&mut text.chars(), longest - 1 - end.width());
    let end: String = end.chars().rev().collect();
    format!("{start}{}{end}", style.shown("…"))
}

fn total(sets: &[Set]) -> usize {
    let widths: usize = sets.iter().map(|set| set.width).sum();
    widths + GAP * sets.len().saturating_sub(1)
}

/// Drops the least important columns first, up to those of importance `most`.
fn drop_until_it_fits(sets: &mut Vec<Set>, width: usize, most: u8) {
    while total(sets) > width {
        let least = sets.iter().map(|set| set.importance).min();
        let Some(least) = least.filter(|least| *least <= most) else {
            return;
        };
        sets.retain(|set| set.importance != least);
    }
}

fn stretch_bars(sets: &mut [Set], width: usize) {
    let spare = width.saturating_sub(total(sets));
    for set in sets {
        if matches!(set.content, Content::Bars(_) | Content::Stacks(_)) {
            set.width = (set.width + spare).min(LONGEST_BAR);
        }
    }
}

fn line(sets: &[Set], cells: Vec<(String, Tone)>, style: Style) -> String {
    let mut line = String::new();
    let mut owed = 0;
    for (set, (text, tone)) in sets.iter().zip(cells) {
        let spare = set.width - text.width().min(set.width);
        let (before, after) = match set.align {
            Align::Left => (0, spare),
            Align::Right => (spare, 0),
        };
        if !text.is_empty() {
            line.push_str(&" ".repeat(owed + before));
            line.push_str(&style.paint(tone, &text));
            owed = after + GAP;
        } else {
            owed += set.width + GAP;
        }
    }
    line
}
