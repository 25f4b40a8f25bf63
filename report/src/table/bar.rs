//! Bars in eighths of a character, so that lengths can be compared in little room.

use super::style::Style;

const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// A bar of `share` (0 to 1) of `width` characters; what is not zero shows.
pub fn bar(share: f64, width: usize, style: Style) -> String {
    if style.unicode {
        let eighths = ((share * (width * 8) as f64).round() as usize).max(1);
        "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
    } else {
        "#".repeat(((share * width as f64).round() as usize).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(share: f64, unicode: bool) -> String {
        let style = Style {
            width: 80,
            color: false,
            unicode,
        };
        bar(share, 4, style)
    }

    #[test]
    fn the_length_follows_the_share_in_eighths() {
        assert_eq!(drawn(1.0, true), "████");
        assert_eq!(drawn(0.5, true), "██");
        assert_eq!(drawn(17.0 / 32.0, true), "██▏");
        assert_eq!(drawn(31.0 / 32.0, true), "███▉");
    }

    #[test]
    fn the_shortest_bar_still_shows() {
        assert_eq!(drawn(1e-6, true), "▏");
        assert_eq!(drawn(1e-6, false), "#");
    }

    #[test]
    fn without_unicode_the_bar_is_of_whole_characters() {
        assert_eq!(drawn(1.0, false), "####");
        assert_eq!(drawn(0.6, false), "##");
    }
}
