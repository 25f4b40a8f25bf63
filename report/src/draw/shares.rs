//! Many split bars at a glance: each a thin column of shares that add up to one, in the order given.

use super::svg::{Svg, tenth};

/// Columns of shares.
#[derive(Debug, Clone, PartialEq)]
pub struct Shares {
    /// In pixels.
    pub width: f64,
    /// The classes of the layers, from the bottom.
    pub classes: Vec<&'static str>,
    /// For each column the share of each layer, from the bottom.
    pub columns: Vec<Vec<f64>>,
    /// Below them.
    pub label: String,
}

const HEIGHT: f64 = 120.0;
const LEFT: f64 = 36.0;
const TOP: f64 = 6.0;

impl Shares {
    /// As they look: a path a layer, however many columns.
    pub fn draw(&self) -> Svg {
        let mut svg = Svg::new(self.width, HEIGHT + TOP + 24.0);
        let wide = (self.width - LEFT) / self.columns.len().max(1) as f64;
        for (layer, class) in self.classes.iter().enumerate() {
            svg.path(class, &self.layer(layer, wide));
        }
        for (share, text) in [(0.0, "0%"), (0.5, "50%"), (1.0, "100%")] {
            let y = height_of(share);
            svg.text("tick e", (LEFT - 4.0, y + 4.0), text);
            let data = format!("M{LEFT} {}H{}", tenth(y), tenth(self.width));
            svg.path(if share == 0.5 { "edge dash" } else { "grid" }, &data);
        }
        let middle = (LEFT + self.width) / 2.0;
        svg.text("small m", (middle, HEIGHT + TOP + 18.0), &self.label);
        svg
    }

    /// The outline: along the tops to the right, along the bottoms back.
    fn layer(&self, layer: usize, wide: f64) -> String {
        let below = |column: &Vec<f64>, layers: usize| -> f64 {
            let shares = column.iter().take(layers);
            shares.map(|share| share.max(0.0)).sum::<f64>().min(1.0)
        };
        let left = |index: usize| tenth(LEFT + index as f64 * wide);
        let mut data = format!("M{} {}", left(0), tenth(height_of(0.0)));
        let columns = || self.columns.iter().enumerate();
        for (index, column) in columns() {
            let top = tenth(height_of(below(column, layer + 1)));
            data.push_str(&format!("V{top}H{}", left(index + 1)));
        }
        for (index, column) in columns().rev() {
            let bottom = tenth(height_of(below(column, layer)));
            data.push_str(&format!("V{bottom}H{}", left(index)));
        }
        data + "z"
    }
}

fn height_of(share: f64) -> f64 {
    TOP + HEIGHT * (1.0 - share)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(columns: Vec<Vec<f64>>) -> String {
        let shares = Shares {
            width: 136.0,
            classes: vec!["floor", "tax"],
            columns,
            label: "cells".to_owned(),
        };
        shares.draw().element("shares").replace("><", ">\n<")
    }

    #[test]
    fn layers_stand_on_each_other() {
        let text = shares(vec![vec![0.5, 0.5], vec![0.25, 0.75]]);
        assert!(
            text.contains(r#"<path class="floor" d="M36 126V66H86V96H136V126H86V126H36z"/>"#),
            "{text}"
        );
        assert!(
            text.contains(r#"<path class="tax" d="M36 126V6H86V6H136V96H86V66H36z"/>"#),
            "{text}"
        );
    }

    #[test]
    fn a_thousand_columns_are_two_paths_of_a_few_kilobytes() {
        let text = shares(vec![vec![0.3, 0.7]; 1_000]);
        assert_eq!(text.matches("class=\"floor\"").count(), 1);
        assert!(text.len() < 60_000, "{}", text.len());
    }
}
