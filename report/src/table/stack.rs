//! Bars of three parts, so that what a latency is made of can be compared in little room.

use super::style::Style;
use crate::summary::Summary;

/// What one bar shows; all are of one length, so that shares can be compared whatever the latencies are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stack {
    /// A latency that is not split.
    Whole,
    /// Floor and tax as shares of the latency.
    Parts {
        /// What the hardware needs; where it is not known, nothing but the tax is told apart.
        floor: Option<f64>,
        /// What remains without the work.
        tax: f64,
    },
}

/// The signs of floor, inefficiency, tax, and of a bar that is not split.
fn signs(style: Style) -> [char; 4] {
    match style.unicode {
        true => ['░', '▒', '█', '─'],
        false => ['.', '+', '#', '-'],
    }
}

/// A bar of `width` characters. A negative part takes no room; inefficiency gives way to floor and tax.
pub fn stacked(stack: Stack, width: usize, style: Style) -> String {
    let [floor_sign, inefficiency_sign, tax_sign, plain] = signs(style);
    let Stack::Parts { floor, tax } = stack else {
        return plain.to_string().repeat(width);
    };
    let part = |share: f64| (share.clamp(0.0, 1.0) * width as f64).round() as usize;
    let taxed = part(tax).min(width);
    let rest = width - taxed;
    let floored = part(floor.unwrap_or(0.0)).min(rest);
    let rest_sign = floor.map_or(plain, |_| inefficiency_sign);
    [
        (floor_sign, floored),
        (rest_sign, rest - floored),
        (tax_sign, taxed),
    ]
    .iter()
    .map(|(sign, count)| sign.to_string().repeat(*count))
    .collect()
}

/// What the signs mean, where some bar is split.
pub fn legend(summaries: &[Summary], style: Style) -> Option<String> {
    let [floor, inefficiency, tax, plain] = signs(style);
    let split = summaries.iter().filter(|one| one.tax.is_some()).count();
    let whole = |one: &&Summary| one.tax.as_ref().is_some_and(|tax| tax.floor_ns.is_some());
    let rest = if summaries.iter().filter(whole).count() < summaries.len() {
        format!(", {plain} not split")
    } else {
        String::new()
    };
    (split > 0).then(|| {
        format!(
            "bars, as shares of p50: {floor} floor, {inefficiency} inefficiency, {tax} tax{rest}"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(stack: Stack, unicode: bool) -> String {
        let style = Style {
            width: 80,
            color: false,
            unicode,
        };
        stacked(stack, 10, style)
    }

    fn parts(floor: f64, tax: f64) -> Stack {
        let floor = Some(floor);
        Stack::Parts { floor, tax }
    }

    #[test]
    fn work_whose_floor_is_not_known_is_not_split() {
        let tax = 0.4;
        let floor = None;
        assert_eq!(drawn(Stack::Parts { floor, tax }, true), "──────████");
    }

    #[test]
    fn parts_fill_the_bar_in_their_order() {
        assert_eq!(drawn(parts(0.3, 0.5), true), "░░░▒▒█████");
        assert_eq!(drawn(parts(0.2, 0.4), true), "░░▒▒▒▒████");
        assert_eq!(drawn(parts(0.3, 0.5), false), "...++#####");
    }

    #[test]
    fn a_part_below_zero_takes_no_room_and_the_bar_stays_as_long() {
        assert_eq!(drawn(parts(0.9, 0.4), true), "░░░░░░████");
        assert_eq!(drawn(parts(0.2, -0.1), true), "░░▒▒▒▒▒▒▒▒");
        assert_eq!(drawn(parts(0.2, 1.3), true), "██████████");
    }

    #[test]
    fn what_is_not_split_is_a_plain_line() {
        assert_eq!(drawn(Stack::Whole, true), "──────────");
        assert_eq!(drawn(Stack::Whole, false), "----------");
    }
}
