//! How text may look where it is shown: its width, its colours, its characters.

/// What a terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether ANSI colours are wanted.
    pub color: bool,
    /// Whether more than ASCII can be shown.
    pub unicode: bool,
}

/// What a piece of text means, as a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Dim,
    Strong,
    Good,
    Doubtful,
    Bad,
    Bar,
}

const WIDE: usize = 100;

impl Style {
    /// Whether there is room for intervals in full.
    pub(super) fn is_wide(&self) -> bool {
        self.width >= WIDE
    }

    /// `text` in characters that can be shown, none of which controls a terminal.
    pub(crate) fn shown(&self, text: &str) -> String {
        let printable = text.chars().map(|c| if c.is_control() { ' ' } else { c });
        if self.unicode {
            return printable.collect();
        }
        let mut ascii = String::with_capacity(text.len());
        for c in printable {
            match c {
                'µ' => ascii.push('u'),
                '±' => ascii.push_str("+-"),
                '≤' => ascii.push_str("<="),
                '≥' => ascii.push_str(">="),
                '→' => ascii.push_str("->"),
                '–' | '─' | '−' => ascii.push('-'),
                '·' => ascii.push('|'),
                '…' => ascii.push('~'),
                c if c.is_ascii() => ascii.push(c),
                _ => ascii.push('?'),
            }
        }
        ascii
    }

    /// `text` in the colour of `tone`.
    pub(crate) fn paint(&self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Plain => return text.to_owned(),
            _ if !self.color || text.trim().is_empty() => return text.to_owned(),
            Tone::Dim => 2,
            Tone::Strong => 1,
            Tone::Good => 32,
            Tone::Doubtful => 33,
            Tone::Bad => 31,
            Tone::Bar => 36,
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASCII: Style = Style {
        width: 80,
        color: false,
        unicode: false,
    };

    #[test]
    fn without_unicode_every_character_is_ascii() {
        assert_eq!(ASCII.shown("62 µs ±1% – 模型…"), "62 us +-1% - ??~");
        assert_eq!(ASCII.shown("≤2 → ≥−1"), "<=2 -> >=-1");
    }

    #[test]
    fn a_name_cannot_control_the_terminal() {
        let unicode = Style {
            unicode: true,
            ..ASCII
        };
        assert_eq!(unicode.shown("a\x1b[31mb\nc"), "a [31mb c");
    }

    #[test]
    fn colour_only_where_asked_for() {
        let colored = Style {
            color: true,
            ..ASCII
        };
        assert_eq!(ASCII.paint(Tone::Bad, "invalid"), "invalid");
        assert_eq!(
            colored.paint(Tone::Bad, "invalid"),
            "\x1b[31minvalid\x1b[0m"
        );
        assert_eq!(colored.paint(Tone::Bad, "  "), "  ");
    }
}
