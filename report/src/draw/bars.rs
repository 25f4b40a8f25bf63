//! Stacked horizontal bars, each below its own label, so that they are as readable on a narrow screen as on a wide one.

use super::legend::{fitted, text_width};
use super::svg::{Svg, tenth};

/// A part of a bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The class of its colour.
    pub class: String,
    /// In the unit of the bar; where it is below zero it is outlined beyond the end.
    pub value: f64,
}

/// One bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// Above it, to the left.
    pub label: String,
    /// Above it, to the right.
    pub text: String,
    /// From left to right.
    pub parts: Vec<Part>,
    /// An interval of where one part ends and the next begins.
    pub interval: Option<(f64, f64)>,
    /// What it tells when it is pointed at.
    pub title: String,
}

/// Bars that are compared with each other and share a scale.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Above them; may be empty.
    pub title: String,
    /// From top to bottom.
    pub bars: Vec<Bar>,
}

/// Groups below each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Bars {
    /// In pixels.
    pub width: f64,
    /// From top to bottom.
    pub groups: Vec<Group>,
}

const LABEL: f64 = 15.0;
const THICK: f64 = 11.0;
const GAP: f64 = 7.0;
const TITLE: f64 = 22.0;

impl Bars {
    /// As they look.
    pub fn draw(&self) -> Svg {
        let title = |group: &Group| if group.title.is_empty() { 0.0 } else { TITLE };
        let tall = |group: &Group| title(group) + group.bars.len() as f64 * (LABEL + THICK + GAP);
        let height: f64 = self.groups.iter().map(tall).sum();
        let mut svg = Svg::new(self.width, height.max(1.0));
        let mut y = 0.0;
        for group in &self.groups {
            if !group.title.is_empty() {
                let shown = fitted(&group.title, self.width);
                svg.text("strong", (0.0, y + 15.0), &shown);
                y += TITLE;
            }
            let longest = group.bars.iter().map(Bar::reach).fold(0.0, f64::max);
            for bar in &group.bars {
                self.bar(&mut svg, bar, y, longest);
                y += LABEL + THICK + GAP;
            }
        }
        svg
    }

    fn bar(&self, svg: &mut Svg, bar: &Bar, y: f64, longest: f64) {
        let scale = match longest > 0.0 {
            true => self.width / longest,
            false => 0.0,
        };
        let room = self.width - text_width(&bar.text) - 8.0;
        svg.open(&bar.title);
        svg.text("", (0.0, y + 11.0), &fitted(&bar.label, room.max(40.0)));
        svg.text("e", (self.width, y + 11.0), &bar.text);
        let top = y + LABEL;
        let mut x = 0.0;
        for part in bar.parts.iter().filter(|part| part.value > 0.0) {
            let wide = part.value * scale;
            svg.rect(&part.class, (x, top), (wide, THICK));
            x += wide;
        }
        for part in bar.parts.iter().filter(|part| part.value < 0.0) {
            let wide = -part.value * scale;
            svg.rect("negative", (x - wide, top + 1.0), (wide, THICK - 2.0));
            x -= wide;
        }
        if let Some((low, high)) = bar.interval {
            let middle = tenth(top + THICK / 2.0);
            let [low, high] = [low, high].map(|end| tenth((end * scale).clamp(0.0, self.width)));
            let (above, below) = (tenth(top + 3.0), tenth(top + THICK - 3.0));
            let data =
                format!("M{low} {above}V{below}M{low} {middle}H{high}M{high} {above}V{below}");
            svg.path("edge", &data);
        }
        svg.close();
    }
}

impl Bar {
    /// How far it goes to the right.
    fn reach(&self) -> f64 {
        let above = self.parts.iter().map(|part| part.value.max(0.0));
        above.sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn part(class: &str, value: f64) -> Part {
        Part {
            class: class.to_owned(),
            value,
        }
    }

    fn bar(parts: Vec<Part>, interval: Option<(f64, f64)>) -> Bar {
        Bar {
            label: "rten".to_owned(),
            text: "4 ms".to_owned(),
            parts,
            interval,
            title: "why".to_owned(),
        }
    }

    fn drawn(bars: Vec<Bar>) -> String {
        let title = "batch 1".to_owned();
        let bars = Bars {
            width: 100.0,
            groups: vec![Group { title, bars }],
        };
        bars.draw().element("bars").replace("><", ">\n<")
    }

    #[test]
    fn parts_stand_beside_each_other_and_the_longest_bar_fills_the_width() {
        let parts = vec![
            part("floor", 1.0),
            part("inefficiency", 2.0),
            part("tax", 1.0),
        ];
        expect![[r#"
            <svg viewBox="0 0 100 55" role="img" aria-label="bars">
            <text class="strong" x="0" y="15">batch 1</text>
            <g>
            <title>why</title>
            <text x="0" y="33">rten</text>
            <text class="e" x="100" y="33">4 ms</text>
            <path class="floor" d="M0 37h25v11h-25z"/>
            <path class="inefficiency" d="M25 37h50v11h-50z"/>
            <path class="tax" d="M75 37h25v11h-25z"/>
            <path class="edge" d="M70 40V45M70 42.5H80M80 40V45"/>
            </g>
            </svg>"#]]
        .assert_eq(&drawn(vec![bar(parts, Some((2.8, 3.2)))]));
    }

    #[test]
    fn a_part_below_zero_is_outlined_back_from_the_end() {
        let parts = vec![
            part("floor", 3.0),
            part("inefficiency", -1.0),
            part("tax", 1.0),
        ];
        let text = drawn(vec![bar(parts, None)]);
        assert!(
            text.contains(r#"<path class="negative" d="M75 38h25v9h-25z"/>"#),
            "{text}"
        );
    }

    #[test]
    fn bars_of_nothing_are_drawn_as_labels_alone() {
        let text = drawn(vec![bar(vec![part("tax", 0.0)], None)]);
        assert!(text.contains("rten") && !text.contains("<path"), "{text}");
    }
}
