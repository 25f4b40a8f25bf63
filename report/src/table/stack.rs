//! Bars of three parts, so that what a latency is made of can be compared in little room.

use super::style::Style;
use crate::summary::Summary;

/// The parts of one bar as shares of the longest bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stack {
    /// The whole bar.
    pub whole: f64,
    /// Floor and tax as shares of the whole bar, where there is a split; without a floor that share is zero.
    pub parts: Option<(f64, f64)>,
}

/// The signs of floor, inefficiency, tax, and of a bar that is not split.
fn signs(style: Style) -> [char; 4] {
    match style.unicode {
        true => ['░', '▒', '█', '─'],
        false => ['.', '+', '#', '-'],
    }
}

/// A bar of `width` characters at the most. A negative part takes no room; inefficiency gives way to floor and tax.
pub fn stacked(stack: Stack, width: usize, style: Style) -> String {
    let [floor, inefficiency, tax, plain] = signs(style);
    let length = ((stack.whole * width as f64).round() as usize).clamp(1, width);
    let Some((of_floor, of_tax)) = stack.parts else {
        return plain.to_string().repeat(length);
    };
    let part = |share: f64| (share.clamp(0.0, 1.0) * length as f64).round() as usize;
    let taxed = part(of_tax).min(length);
    let floored = part(of_floor).min(length - taxed);
    [
        (floor, floored),
        (inefficiency, length - taxed - floored),
        (tax, taxed),
    ]
    .iter()
    .map(|(sign, count)| sign.to_string().repeat(*count))
    .collect()
}

/// What the signs mean, where some bar is split.
pub fn legend(summaries: &[Summary], style: Style) -> Option<String> {
    let [floor, inefficiency, tax, plain] = signs(style);
    let split = summaries.iter().filter(|one| one.tax.is_some()).count();
    let rest = if split < summaries.len() {
        format!(", {plain} not split")
    } else {
        String::new()
    };
    (split > 0)
        .then(|| format!("bars: {floor} floor, {inefficiency} inefficiency, {tax} tax{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(whole: f64, parts: Option<(f64, f64)>, unicode: bool) -> String {
        let style = Style {
            width: 80,
            color: false,
            unicode,
        };
        stacked(Stack { whole, parts }, 10, style)
    }

    #[test]
    fn parts_fill_the_bar_in_their_order() {
        assert_eq!(drawn(1.0, Some((0.3, 0.5)), true), "░░░▒▒█████");
        assert_eq!(drawn(0.5, Some((0.2, 0.4)), true), "░▒▒██");
        assert_eq!(drawn(1.0, Some((0.3, 0.5)), false), "...++#####");
    }

    #[test]
    fn a_part_below_zero_takes_no_room_and_the_bar_stays_as_long() {
        assert_eq!(drawn(1.0, Some((0.9, 0.4)), true), "░░░░░░████");
        assert_eq!(drawn(1.0, Some((0.2, -0.1)), true), "░░▒▒▒▒▒▒▒▒");
        assert_eq!(drawn(1.0, Some((0.2, 1.3)), true), "██████████");
    }

    #[test]
    fn what_is_not_split_is_a_plain_line_and_the_shortest_bar_shows() {
        assert_eq!(drawn(0.4, None, true), "────");
        assert_eq!(drawn(1e-6, Some((0.1, 0.2)), false), "+");
    }
}
