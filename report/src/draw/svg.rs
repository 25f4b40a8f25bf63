//! Writing SVG: elements with a class each, coordinates to a tenth of a pixel, every text escaped.

use std::fmt::Write;

/// A drawing of a size in pixels; colours come from the classes of its elements.
#[derive(Debug, Clone, PartialEq)]
pub struct Svg {
    /// In pixels.
    pub width: f64,
    /// In pixels.
    pub height: f64,
    body: String,
}

impl Svg {
    /// Without an element.
    pub fn new(width: f64, height: f64) -> Self {
        Self {
            width,
            height,
            body: String::new(),
        }
    }

    /// A rectangle; nothing where it has no area.
    pub fn rect(&mut self, class: &str, (x, y): (f64, f64), (width, height): (f64, f64)) {
        if width > 0.0 && height > 0.0 {
            let back = tenth(-width);
            let [x, y, width, height] = [x, y, width, height].map(tenth);
            self.path(class, &format!("M{x} {y}h{width}v{height}h{back}z"));
        }
    }

    /// A path.
    pub fn path(&mut self, class: &str, data: &str) {
        self.push(format_args!("<path class=\"{class}\" d=\"{data}\"/>"));
    }

    /// A path that tells something when it is pointed at.
    pub fn told(&mut self, class: &str, data: &str, title: &str) {
        let title = escape(title);
        self.push(format_args!(
            "<path class=\"{class}\" d=\"{data}\"><title>{title}</title></path>"
        ));
    }

    /// Text whose baseline begins, or with class `e` ends and with `m` has its middle, at a point.
    pub fn text(&mut self, class: &str, (x, y): (f64, f64), text: &str) {
        let (x, y, text) = (tenth(x), tenth(y), escape(text));
        let class = match class {
            "" => String::new(),
            class => format!(" class=\"{class}\""),
        };
        self.push(format_args!(
            "<text{class} x=\"{x}\" y=\"{y}\">{text}</text>"
        ));
    }

    /// Text that runs upwards, its middle at a point.
    pub fn upright(&mut self, class: &str, (x, y): (f64, f64), text: &str) {
        let (x, y, text) = (tenth(x), tenth(y), escape(text));
        self.push(format_args!(
            "<text class=\"{class}\" transform=\"translate({x} {y})rotate(-90)\">{text}</text>"
        ));
    }

    /// What stands until [`Svg::close`] tells `title` when it is pointed at.
    pub fn open(&mut self, title: &str) {
        match title {
            "" => self.push(format_args!("<g>")),
            title => self.push(format_args!("<g><title>{}</title>", escape(title))),
        }
    }

    /// Ends what [`Svg::open`] began.
    pub fn close(&mut self) {
        self.body.push_str("</g>");
    }

    /// Another drawing with its corner at a point.
    pub fn place(&mut self, (x, y): (f64, f64), other: &Svg) {
        let (x, y, body) = (tenth(x), tenth(y), &other.body);
        self.push(format_args!(
            "<g transform=\"translate({x} {y})\">{body}</g>"
        ));
    }

    /// As an element of a page, with what it shows in words.
    pub fn element(&self, label: &str) -> String {
        let (width, height, label) = (tenth(self.width), tenth(self.height), escape(label));
        format!(
            "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{label}\">{}</svg>",
            self.body
        )
    }

    /// As a file of its own with its style sheet.
    pub fn document(&self, label: &str, style: &str) -> String {
        let (width, height, label) = (tenth(self.width), tenth(self.height), escape(label));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
             role=\"img\" aria-label=\"{label}\"><title>{label}</title><style>{style}</style>\
             <rect class=\"sheet\" width=\"{width}\" height=\"{height}\"/>{}</svg>\n",
            self.body
        )
    }

    fn push(&mut self, element: std::fmt::Arguments<'_>) {
        let written = self.body.write_fmt(element);
        debug_assert!(written.is_ok(), "a string takes everything");
    }
}

/// A coordinate with at most one decimal: `12`, `12.5`, `-3.1`.
pub fn tenth(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    match rounded == 0.0 {
        true => "0".to_owned(),
        false => rounded.to_string(),
    }
}

/// Text that is nothing but text in an element or a quoted attribute.
///
/// Control characters, which XML forbids, and those that turn the direction of writing become the sign for what cannot
/// be shown.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}' => {
                escaped.push('\u{fffd}');
            }
            c if c.is_control() && c != '\n' => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_text() {
        assert_eq!(
            escape("<b a=\"1\" c='2'>&\u{0}\u{202e}"),
            "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;\u{fffd}\u{fffd}"
        );
        assert_eq!(escape("über – µs\n* a doubt"), "über – µs\n* a doubt");
    }

    #[test]
    fn coordinates_have_one_decimal_at_most_and_no_negative_zero() {
        let shown = [0.0, -0.01, 12.0, 12.04, 12.05, -3.12].map(tenth);
        assert_eq!(shown, ["0", "0", "12", "12", "12.1", "-3.1"]);
    }

    #[test]
    fn a_rectangle_without_an_area_is_not_drawn() {
        let mut svg = Svg::new(10.0, 10.0);
        svg.rect("a", (0.0, 0.0), (0.0, 5.0));
        svg.rect("a", (0.0, 0.0), (-1.0, 5.0));
        assert_eq!(svg, Svg::new(10.0, 10.0));
    }

    #[test]
    fn a_drawing_says_what_it_shows_in_a_page_and_in_a_file() {
        let mut svg = Svg::new(10.0, 20.5);
        svg.text("m", (1.0, 2.0), "a<b");
        assert_eq!(
            svg.element("x & y"),
            "<svg viewBox=\"0 0 10 20.5\" role=\"img\" aria-label=\"x &amp; y\"><text class=\"m\" x=\"1\" y=\"2\">a&lt;b</text></svg>"
        );
        assert!(
            svg.document("x", "text{}")
                .contains("<style>text{}</style>")
        );
    }
}
