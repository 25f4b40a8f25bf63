//! A drawing as pixels.

use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

/// Pixels for each pixel of the drawing, so that small text stays readable.
const SCALE: f32 = 2.0;

/// `svg` as PNG, twice as large, its text in a font of this machine.
///
/// # Errors
/// Where this machine has no font, or `svg` cannot be drawn.
pub fn png(svg: &str) -> Result<Vec<u8>, PngError> {
    let mut fonts = fontdb::Database::new();
    fonts.load_system_fonts();
    let Some(family) = family(&fonts) else {
        return Err(PngError::NoFont);
    };
    fonts.set_sans_serif_family(family);
    draw(svg, fonts)
}

/// A plain font where there is one, else any.
fn family(fonts: &fontdb::Database) -> Option<String> {
    const PLAIN: [&str; 5] = [
        "DejaVu Sans",
        "Liberation Sans",
        "Noto Sans",
        "Arial",
        "Helvetica",
    ];
    let names = || {
        fonts
            .faces()
            .flat_map(|face| &face.families)
            .map(|(name, _)| name)
    };
    let plain = PLAIN
        .iter()
        .find(|plain| names().any(|name| name == *plain));
    let found = plain.map(|plain| (*plain).to_owned());
    found.or_else(|| names().next().cloned())
}

fn draw(svg: &str, fonts: fontdb::Database) -> Result<Vec<u8>, PngError> {
    let failed = |reason: String| PngError::Draw { reason };
    let options = Options {
        fontdb: Arc::new(fonts),
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).map_err(|error| failed(error.to_string()))?;
    let size = tree.size();
    let pixels = |length: f32| (length * SCALE).ceil() as u32;
    let mut pixmap = Pixmap::new(pixels(size.width()), pixels(size.height())).ok_or_else(|| {
        failed(format!(
            "it would be {} by {} pixels",
            size.width(),
            size.height()
        ))
    })?;
    resvg::render(
        &tree,
        Transform::from_scale(SCALE, SCALE),
        &mut pixmap.as_mut(),
    );
    pixmap
        .encode_png()
        .map_err(|error| failed(error.to_string()))
}

/// Why there are no pixels.
#[derive(Debug, thiserror::Error)]
pub enum PngError {
    /// Text would be left out.
    #[error(
        "no font is installed to write the chart's text with; install one, such as fonts-dejavu-core, or take --format svg"
    )]
    NoFont,
    /// It cannot be drawn.
    #[error("cannot draw the chart as pixels: {reason}; take --format svg")]
    Draw {
        /// What was wrong.
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_font_nothing_is_drawn_without_its_text() {
        assert_eq!(family(&fontdb::Database::new()), None);
    }

    #[test]
    fn a_drawing_is_twice_as_large_in_pixels() {
        let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"20\" height=\"10\"><rect width=\"5\" height=\"5\"/></svg>";
        let png = draw(svg, fontdb::Database::new()).expect("pixels");
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
        let side = |at: usize| u32::from_be_bytes([png[at], png[at + 1], png[at + 2], png[at + 3]]);
        assert_eq!((side(16), side(20)), (40, 20));
    }

    #[test]
    fn what_is_no_drawing_is_an_error_that_says_so() {
        let error = draw("<p>", fontdb::Database::new()).expect_err("no drawing");
        assert!(error.to_string().contains("--format svg"), "{error}");
    }
}
