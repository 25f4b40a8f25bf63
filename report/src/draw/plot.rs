//! A plot of points, lines and curves between two axes.

use super::legend::{colour, mark, shape, text_width};
use super::scale::Scale;
use super::svg::{Svg, tenth};

/// An axis with its ticks.
#[derive(Debug, Clone)]
pub struct Axis {
    /// Where values stand.
    pub scale: Scale,
    /// What is shown, with its unit where ticks have none.
    pub label: String,
    /// How a value is written at its tick.
    pub written: fn(f64) -> String,
    /// The values that have ticks; round ones where it is empty.
    pub ticks: Vec<f64>,
}

/// One measured thing.
#[derive(Debug, Clone, PartialEq)]
pub struct Dot {
    /// Across.
    pub x: f64,
    /// Up.
    pub y: f64,
    /// The interval of `y`, or of `x` where the plot says so.
    pub interval: Option<(f64, f64)>,
    /// Whether it is drawn hollow, as something is to be doubted.
    pub is_doubtful: bool,
    /// What it is, when it is pointed at.
    pub title: String,
}

/// Dots of one colour and shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Which colour and shape.
    pub index: usize,
    /// Whether a line joins them.
    pub is_joined: bool,
    /// From left to right where they are joined.
    pub dots: Vec<Dot>,
}

impl Series {
    /// Adds `dot` to the series of `index` among `all`, which are not joined.
    pub fn add(all: &mut Vec<Self>, index: usize, dot: Dot) {
        match all.iter_mut().find(|one| one.index == index) {
            Some(one) => one.dots.push(dot),
            None => all.push(Self {
                index,
                is_joined: false,
                dots: vec![dot],
            }),
        }
    }
}

/// A computed line.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Its class.
    pub class: String,
    /// Its points; those outside the axes are cut off.
    pub points: Vec<(f64, f64)>,
    /// What it is, when it is pointed at.
    pub title: String,
}

/// A value of the horizontal axis with its interval.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    /// Which colour.
    pub index: usize,
    /// The value.
    pub at: f64,
    /// The ends of its interval; the axis's where `None`.
    pub low: Option<f64>,
    /// See `low`.
    pub high: Option<f64>,
    /// What it is, when it is pointed at.
    pub title: String,
}

/// Everything that one plot shows.
#[derive(Debug, Clone)]
pub struct Plot {
    /// Width and height in pixels.
    pub size: (f64, f64),
    /// Across.
    pub x: Axis,
    /// Up.
    pub y: Axis,
    /// Whether the dots' intervals lie across.
    pub is_interval_across: bool,
    /// Measured.
    pub series: Vec<Series>,
    /// Computed, drawn below the dots.
    pub curves: Vec<Curve>,
    /// Drawn below all else.
    pub bands: Vec<Band>,
}

/// Beyond so many dots a series is one path without titles and intervals.
const MANY: usize = 400;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 38.0;
const RIGHT: f64 = 12.0;

impl Plot {
    /// As it looks.
    pub fn draw(&self) -> Svg {
        let frame = Frame::of(self);
        let mut svg = Svg::new(self.size.0, self.size.1);
        frame.axes(&mut svg);
        for band in &self.bands {
            frame.band(&mut svg, band);
        }
        for curve in &self.curves {
            svg.told(&curve.class, &frame.line(&curve.points), &curve.title);
        }
        let many = self.series.iter().map(|one| one.dots.len()).sum::<usize>() > MANY;
        for series in &self.series {
            if series.is_joined && series.dots.len() > 1 {
                let points: Vec<_> = series.dots.iter().map(|dot| (dot.x, dot.y)).collect();
                svg.path(
                    &format!("{} line", colour(series.index)),
                    &frame.line(&points),
                );
            }
            match many {
                true => frame.cloud(&mut svg, series),
                false => frame.dots(&mut svg, series),
            }
        }
        svg
    }
}

/// The rectangle between the axes.
struct Frame<'a> {
    plot: &'a Plot,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    ticks: Vec<(f64, String)>,
}

impl<'a> Frame<'a> {
    fn of(plot: &'a Plot) -> Self {
        let ticks = written(&plot.y, ((plot.size.1 - BOTTOM) / 34.0) as usize);
        let widest = ticks
            .iter()
            .map(|(_, text)| text_width(text))
            .fold(0.0, f64::max);
        Self {
            plot,
            left: 24.0 + widest,
            right: plot.size.0 - RIGHT,
            top: TOP,
            bottom: plot.size.1 - BOTTOM,
            ticks,
        }
    }

    fn x(&self, value: f64) -> f64 {
        self.left + self.plot.x.scale.place(value) * (self.right - self.left)
    }

    fn y(&self, value: f64) -> f64 {
        self.bottom - self.plot.y.scale.place(value) * (self.bottom - self.top)
    }

    fn axes(&self, svg: &mut Svg) {
        let [left, right, top, bottom] = [self.left, self.right, self.top, self.bottom].map(tenth);
        let mut grid = String::new();
        for (value, text) in &self.ticks {
            let y = self.y(*value);
            grid.push_str(&format!("M{left} {}H{right}", tenth(y)));
            svg.text("tick e", (self.left - 5.0, y + 4.0), text);
        }
        let mut free = f64::MIN;
        for (value, text) in written(&self.plot.x, ((self.right - self.left) / 56.0) as usize) {
            let (x, half) = (self.x(value), text_width(&text) / 2.0);
            grid.push_str(&format!("M{} {top}V{bottom}", tenth(x)));
            let middle = x.min(self.plot.size.0 - half);
            if middle - half > free {
                svg.text("tick m", (middle, self.bottom + 15.0), &text);
                free = middle + half + 4.0;
            }
        }
        svg.path("grid", &grid);
        svg.path("axis", &format!("M{left} {top}V{bottom}H{right}"));
        let middle = (self.left + self.right) / 2.0;
        svg.text(
            "small m",
            (middle, self.plot.size.1 - 5.0),
            &self.plot.x.label,
        );
        let middle = ((self.top + self.bottom) / 2.0).round();
        svg.upright("small m", (11.0, middle), &self.plot.y.label);
    }

    /// A polyline, broken where it leaves the frame.
    fn line(&self, points: &[(f64, f64)]) -> String {
        let mut data = String::new();
        let mut is_drawing = false;
        for (x, y) in points {
            let shown = self.plot.x.scale.shows(*x) && self.plot.y.scale.shows(*y);
            if shown {
                let command = if is_drawing { 'L' } else { 'M' };
                data.push_str(&format!(
                    "{command}{} {}",
                    tenth(self.x(*x)),
                    tenth(self.y(*y))
                ));
            }
            is_drawing = shown;
        }
        data
    }

    fn band(&self, svg: &mut Svg, band: &Band) {
        let scale = &self.plot.x.scale;
        let (first, last) = scale.range();
        let low = self.x(band.low.unwrap_or(first).clamp(first, last));
        let high = self.x(band.high.unwrap_or(last).clamp(first, last));
        let class = colour(band.index);
        let size = (high - low, self.bottom - self.top);
        svg.open(&band.title);
        svg.rect(&format!("{class} band"), (low, self.top), size);
        if scale.shows(band.at) {
            let (x, top, bottom) = (tenth(self.x(band.at)), tenth(self.top), tenth(self.bottom));
            svg.path(&format!("{class} knee"), &format!("M{x} {top}V{bottom}"));
        }
        svg.close();
    }

    fn dots(&self, svg: &mut Svg, series: &Series) {
        let colour = colour(series.index);
        for dot in &series.dots {
            let place = (self.x(dot.x), self.y(dot.y));
            let mut data = mark(shape(series.index), place);
            data.push_str(&self.whisker(dot));
            let class = match dot.is_doubtful {
                true => format!("{colour} open"),
                false => colour.clone(),
            };
            svg.told(&class, &data, &dot.title);
        }
    }

    fn whisker(&self, dot: &Dot) -> String {
        let Some((low, high)) = dot.interval else {
            return String::new();
        };
        let across = self.plot.is_interval_across;
        let scale = match across {
            true => &self.plot.x.scale,
            false => &self.plot.y.scale,
        };
        let (first, last) = scale.range();
        let ends = [low, high].map(|end| end.clamp(first, last));
        let (x, y) = (tenth(self.x(dot.x)), tenth(self.y(dot.y)));
        match across {
            true => format!("M{} {y}H{}", tenth(self.x(ends[0])), tenth(self.x(ends[1]))),
            false => format!("M{x} {}V{}", tenth(self.y(ends[0])), tenth(self.y(ends[1]))),
        }
    }

    fn cloud(&self, svg: &mut Svg, series: &Series) {
        for is_doubtful in [false, true] {
            let dots = series.dots.iter();
            let data: String = dots
                .filter(|dot| dot.is_doubtful == is_doubtful)
                .map(|dot| mark(shape(series.index), (self.x(dot.x), self.y(dot.y))))
                .collect();
            if !data.is_empty() {
                let open = if is_doubtful { " open" } else { "" };
                svg.path(&format!("{} many{open}", colour(series.index)), &data);
            }
        }
    }
}

fn written(axis: &Axis, most: usize) -> Vec<(f64, String)> {
    let own = axis.ticks.iter().copied();
    let own: Vec<f64> = own.filter(|tick| axis.scale.shows(*tick)).collect();
    let ticks = match own.is_empty() {
        true => axis.scale.ticks(most.max(2)),
        false => own,
    };
    ticks
        .into_iter()
        .map(|tick| (tick, (axis.written)(tick)))
        .collect()
}
