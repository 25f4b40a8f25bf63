//! What stands for what: a colour and a shape for each series, as paths that need no more than a few characters.

use super::svg::{Svg, tenth};

/// An entry of a legend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// What it stands for.
    pub name: String,
    /// The class of its colour.
    pub class: String,
    /// Its shape; `None` for a filled box.
    pub shape: Option<usize>,
}

/// Colours that there are; series beyond take them again with another shape.
pub const COLOURS: usize = 8;
const SHAPES: usize = 5;

/// The class of the colour of series `index`.
pub fn colour(index: usize) -> String {
    format!("c{}", index % COLOURS)
}

/// The shape of series `index`: the first 40 have a colour and shape that no other has.
pub fn shape(index: usize) -> usize {
    (index + index / COLOURS) % SHAPES
}

/// A mark of `shape` around a point, about 7 pixels across.
pub fn mark(shape: usize, (x, y): (f64, f64)) -> String {
    let at = |dx: f64, dy: f64| format!("M{} {}", tenth(x + dx), tenth(y + dy));
    match shape {
        0 => at(-3.0, 0.0) + "a3 3 0 1 0 6 0 3 3 0 1 0-6 0z",
        1 => at(-2.8, -2.8) + "h5.6v5.6h-5.6z",
        2 => at(0.0, -3.6) + "l3.6 6.4h-7.2z",
        3 => at(0.0, -4.0) + "l4 4-4 4-4-4z",
        _ => at(0.0, 3.6) + "l3.6-6.4h-7.2z",
    }
}

/// The entries beside and below each other, at most `width` pixels wide.
pub fn legend(keys: &[Key], width: f64) -> Svg {
    const ROW: f64 = 18.0;
    let (mut x, mut row) = (0.0, 0.0);
    let mut placed = Vec::new();
    for key in keys {
        let wide = 24.0 + text_width(&key.name);
        if x > 0.0 && x + wide > width {
            (x, row) = (0.0, row + 1.0);
        }
        placed.push((key, x, row));
        x += wide;
    }
    let mut svg = Svg::new(width, (row + 1.0) * ROW);
    for (key, x, row) in placed {
        let y = row * ROW + 8.0;
        match key.shape {
            Some(shape) => svg.path(&key.class, &mark(shape, (x + 5.0, y))),
            None => svg.rect(&format!("{} box", key.class), (x, y - 5.0), (10.0, 10.0)),
        }
        svg.text(
            "",
            (x + 14.0, y + 4.0),
            &fitted(&key.name, (width - 14.0).max(0.0)),
        );
    }
    svg
}

/// How wide a text is set at 12 pixels at the most: as DejaVu Sans, which is wider than most, sets it.
pub fn text_width(text: &str) -> f64 {
    text.chars().map(width).sum()
}

fn width(character: char) -> f64 {
    use unicode_width::UnicodeWidthChar;
    match character {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | ' ' | '·' => 4.1,
        'f' | 'r' | 't' | '-' | '/' | '(' | ')' | '[' | ']' | '!' => 5.0,
        'm' | 'M' | 'w' | 'W' | '@' | '%' | '…' => 12.0,
        '+' | '=' | '<' | '>' | '~' | '×' | '÷' | '±' | '≤' | '≥' => 10.1,
        upper if upper.is_uppercase() => 9.5,
        other => other.width().unwrap_or(0) as f64 * 7.7,
    }
}

/// The text, or as much of it as `width` pixels hold with an ellipsis in the middle of what is left out.
pub fn fitted(text: &str, width: f64) -> String {
    if text_width(text) <= width {
        return text.to_owned();
    }
    let room = (width - text_width("…")).max(0.0);
    let tail: String = starting(text.chars().rev(), room / 3.0);
    let head = starting(text.chars(), room - text_width(&tail));
    let tail: String = tail.chars().rev().collect();
    format!("{head}…{tail}")
}

/// As many of the first characters as `room` pixels hold.
fn starting(text: impl Iterator<Item = char>, room: f64) -> String {
    let mut left = room;
    text.take_while(|character| {
        left -= width(*character);
        left >= 0.0
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forty_series_can_be_told_apart() {
        let mut seen: Vec<(String, usize)> = (0..40).map(|at| (colour(at), shape(at))).collect();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 40);
    }

    #[test]
    fn entries_that_do_not_fit_go_to_the_next_row() {
        let key = |name: &str| Key {
            name: name.to_owned(),
            class: "c0".to_owned(),
            shape: None,
        };
        let keys = [key("one"), key("two"), key("three")];
        assert_eq!(legend(&keys, 400.0).height, 18.0);
        assert_eq!(legend(&keys, 100.0).height, 36.0);
    }

    #[test]
    fn a_text_that_is_too_long_keeps_its_ends() {
        assert_eq!(fitted("resnet-18", 100.0), "resnet-18");
        assert_eq!(fitted("GEMM-MMMM", 60.0), "GEM…M");
        let short = fitted("a-model-with-a-very-long-name-v2.onnx", 100.0);
        assert!(
            short.starts_with("a-model") && short.ends_with("nnx"),
            "{short}"
        );
        assert!(text_width(&short) <= 100.0, "{short}");
    }
}
