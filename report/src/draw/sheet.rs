//! The colours: for a page by variables that follow the reader's preference, for a file of its own as they are in light.

/// The colours in light and in dark, by variable.
///
/// Series: Okabe and Ito, "Color Universal Design" (2008), without its yellow, darkened or lightened where the
/// background asks for it; the three parts of a latency differ in lightness as well.
const COLOURS: &[(&str, &str, &str)] = &[
    ("sheet", "#ffffff", "#14171c"),
    ("card", "#f6f7f9", "#1c2027"),
    ("ink", "#1b1f24", "#e6e9ee"),
    ("dim", "#5b6470", "#a2abb8"),
    ("rule", "#d8dce2", "#363c46"),
    ("link", "#0b5cad", "#7cb8ff"),
    ("bad", "#b3261e", "#ff8a80"),
    ("floor", "#5ab4e5", "#4a9fd0"),
    ("inefficiency", "#e9a820", "#e0a838"),
    ("tax", "#a0246b", "#e06aa8"),
    ("plain", "#8b94a1", "#7d8794"),
    ("c0", "#0072b2", "#4da3dd"),
    ("c1", "#d55e00", "#f0883e"),
    ("c2", "#009e73", "#2fc79a"),
    ("c3", "#b2589b", "#e08cc4"),
    ("c4", "#d99a00", "#f0b93a"),
    ("c5", "#3f9fd6", "#8fd0f5"),
    ("c6", "#6a4c93", "#b59adf"),
    ("c7", "#59616c", "#c3cad4"),
];

const RULES: &str = "text{font-size:12px;font-family:system-ui,'DejaVu Sans','Liberation Sans',sans-serif;fill:$ink}\
.small,.tick{font-size:11px;fill:$dim}.strong{font-weight:600}.m{text-anchor:middle}.e{text-anchor:end}\
.sheet{fill:$sheet}.grid{stroke:$rule;stroke-width:1;fill:none}.axis{stroke:$dim;stroke-width:1;fill:none}\
.roof{stroke:$ink;stroke-width:1.5;fill:none}.edge{stroke:$ink;stroke-width:1.2;fill:none}\
.floor{fill:$floor}.inefficiency{fill:$inefficiency}.tax{fill:$tax}.plain{fill:$plain}.rest{fill:$rule}\
.negative{fill:none;stroke:$bad;stroke-width:1.2;stroke-dasharray:2 2}\
.line{fill:none;stroke-width:1.6}.dash{stroke-dasharray:5 4}.band{opacity:.16}.knee{stroke-width:1.4;stroke-dasharray:2 3;fill:none}\
.many{opacity:.65}";

/// The rules with the colours of light as they are.
pub fn for_file() -> String {
    rules(|name| {
        let found = COLOURS.iter().find(|(known, ..)| *known == name);
        found.map_or("#000", |(_, light, _)| light).to_owned()
    })
}

/// The rules with variables, and the variables in light, in dark and on paper.
pub fn for_page() -> String {
    let variables = |pick: fn(&(&str, &'static str, &'static str)) -> &'static str| -> String {
        let set = |colour: &(&str, &'static str, &'static str)| {
            format!("--{}:{};", colour.0, pick(colour))
        };
        COLOURS.iter().map(set).collect()
    };
    let (light, dark) = (variables(|colour| colour.1), variables(|colour| colour.2));
    format!(
        ":root{{color-scheme:light dark;{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}{}",
        rules(|name| format!("var(--{name})"))
    )
}

fn rules(colour: impl Fn(&str) -> String) -> String {
    let mut rules = String::new();
    for (index, part) in RULES.split('$').enumerate() {
        if index == 0 {
            rules.push_str(part);
            continue;
        }
        let end = part.find(|c: char| !c.is_ascii_alphanumeric());
        let (name, rest) = part.split_at(end.unwrap_or(part.len()));
        rules.push_str(&colour(name));
        rules.push_str(rest);
    }
    for index in 0..super::legend::COLOURS {
        let (name, colour) = (format!("c{index}"), colour(&format!("c{index}")));
        rules.push_str(&format!(
            ".{name}{{fill:{colour};stroke:{colour}}}.{name}.line,.{name}.knee{{fill:none}}.{name}.open{{fill:none;stroke-width:1.3}}\
             .{name}.band,.{name}.box{{stroke:none}}"
        ));
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel(hex: &str) -> f64 {
        let value = f64::from(u8::from_str_radix(hex, 16).expect("two digits")) / 255.0;
        match value <= 0.040_45 {
            true => value / 12.92,
            false => ((value + 0.055) / 1.055).powf(2.4),
        }
    }

    /// Relative luminance, WCAG 2.2.
    fn luminance(colour: &str) -> f64 {
        0.2126 * channel(&colour[1..3])
            + 0.7152 * channel(&colour[3..5])
            + 0.0722 * channel(&colour[5..7])
    }

    fn contrast(one: &str, other: &str) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    fn of(name: &str) -> (&'static str, &'static str) {
        let found = COLOURS.iter().find(|(known, ..)| *known == name);
        found
            .map(|(_, light, dark)| (*light, *dark))
            .expect("a colour")
    }

    #[test]
    fn text_stands_out_from_its_background_in_light_and_dark() {
        for text in ["ink", "dim", "link", "bad"] {
            for ground in ["sheet", "card"] {
                let (text, ground) = (of(text), of(ground));
                assert!(contrast(text.0, ground.0) >= 4.5, "{text:?} in light");
                assert!(contrast(text.1, ground.1) >= 4.5, "{text:?} in dark");
            }
        }
    }

    #[test]
    fn series_stand_out_from_their_background_in_light_and_dark() {
        for index in 0..super::super::legend::COLOURS {
            let (light, dark) = of(&format!("c{index}"));
            assert!(contrast(light, of("sheet").0) >= 2.3, "c{index} in light");
            assert!(contrast(dark, of("sheet").1) >= 4.5, "c{index} in dark");
        }
    }

    #[test]
    fn the_tax_differs_from_the_work_in_lightness_too() {
        let (tax, work) = (of("tax"), [of("floor"), of("inefficiency")]);
        for part in work {
            assert!(contrast(tax.0, part.0) >= 2.5, "{part:?} in light");
        }
    }

    #[test]
    fn a_file_has_no_variables_and_a_page_has_them_all() {
        assert!(!for_file().contains("var(") && !for_file().contains('$'));
        let page = for_page();
        for (name, ..) in COLOURS {
            assert!(page.contains(&format!("--{name}:")), "{name}");
        }
        assert!(!page.contains('$'));
    }
}
