//! The ladder of sizes to which a hollow twin shrinks, from the most hollow step upwards.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The largest size of a rung: a twin with dimensions beyond it would be no hollow one.
const MOST: usize = 256;

/// How small the free dimensions of a twin become.
///
/// Written as the size of free dimensions (`2`), with that of convolution channels before it where they keep more
/// (`16,2`), then what else is kept: `+height` and `+width` (rows and columns of feature maps stay 2 at least), `+distinct`
/// (sizes that stand in constants stay different where they were, as operators on equal constants are merged) and
/// `+tied` (dimensions of equal size shrink together).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Rung {
    size: usize,
    channels: Option<usize>,
    height: bool,
    width: bool,
    distinct: bool,
    tied: bool,
}

/// A text that names no rung.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is no rung: write a size from 2 to {MOST} such as '2', with channels before it '16,2', and what is kept behind \
     it, of '+height', '+width', '+distinct' and '+tied'"
)]
pub struct RungError(String);

impl Rung {
    /// The steps in the order in which they are tried: the first at which a framework executes the same operators serves.
    pub const LADDER: &[Self] = &[
        Self::all(2),
        Self {
            distinct: true,
            ..Self::all(2)
        },
        Self::with_channels(16, 2),
        Self {
            height: true,
            ..Self::with_channels(16, 2)
        },
        Self {
            height: true,
            width: true,
            ..Self::with_channels(16, 2)
        },
        Self::with_channels(16, 16),
        Self {
            tied: true,
            ..Self::with_channels(16, 2)
        },
    ];

    const fn all(size: usize) -> Self {
        Self {
            size,
            channels: None,
            height: false,
            width: false,
            distinct: false,
            tied: false,
        }
    }

    const fn with_channels(channels: usize, size: usize) -> Self {
        Self {
            channels: Some(channels),
            ..Self::all(size)
        }
    }

    /// The smallest step.
    pub const fn smallest() -> Self {
        Self::all(2)
    }

    /// The size that a free dimension of `original` elements wants; channels keep their remainder, on which layouts depend.
    pub(super) fn wants(self, original: i64, is_channel: bool) -> i64 {
        let small = as_size(self.size);
        let wanted = match self.channels.map(as_size) {
            Some(channels) if is_channel && original <= channels => original,
            Some(channels) if is_channel => channels + original % channels,
            _ => small,
        };
        wanted.min(original)
    }

    /// The least rows and columns of the feature maps that convolutions and pools give.
    pub(super) fn least_map(self) -> [i64; 2] {
        [1 + i64::from(self.height), 1 + i64::from(self.width)]
    }

    /// Whether channels of convolutions keep a size of their own.
    pub(super) fn has_channels(self) -> bool {
        self.channels.is_some()
    }

    /// Whether sizes in constants stay different where they were.
    pub(super) fn is_distinct(self) -> bool {
        self.distinct
    }

    /// Whether dimensions of equal size shrink together.
    pub(super) fn is_tied(self) -> bool {
        self.tied
    }
}

fn as_size(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = match self.channels {
            Some(channels) => format!("{channels},{}", self.size),
            None => self.size.to_string(),
        };
        let kept = [
            (self.height, "+height"),
            (self.width, "+width"),
            (self.distinct, "+distinct"),
            (self.tied, "+tied"),
        ];
        for (_, name) in kept.iter().filter(|(is_kept, _)| *is_kept) {
            text.push_str(name);
        }
        f.pad(&text)
    }
}

impl FromStr for Rung {
    type Err = RungError;

    fn from_str(text: &str) -> Result<Self, RungError> {
        let wrong = || RungError(text.to_owned());
        let size = |text: &str| text.parse().ok().filter(|size| (2..=MOST).contains(size));
        let mut parts = text.split('+');
        let sizes = parts.next().unwrap_or_default();
        let mut rung = match sizes.split_once(',') {
            Some((channels, rest)) => Self::with_channels(
                size(channels).ok_or_else(wrong)?,
                size(rest).ok_or_else(wrong)?,
            ),
            None => Self::all(size(sizes).ok_or_else(wrong)?),
        };
        for part in parts {
            let kept = match part {
                "height" => &mut rung.height,
                "width" => &mut rung.width,
                "distinct" => &mut rung.distinct,
                "tied" => &mut rung.tied,
                _ => return Err(wrong()),
            };
            *kept = true;
        }
        Ok(rung)
    }
}

impl From<Rung> for String {
    fn from(rung: Rung) -> Self {
        rung.to_string()
    }
}

impl TryFrom<String> for Rung {
    type Error = RungError;

    fn try_from(text: String) -> Result<Self, RungError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_of_the_ladder_is_read_as_it_is_written() {
        let texts: Vec<String> = Rung::LADDER.iter().map(Rung::to_string).collect();
        assert_eq!(
            texts,
            [
                "2",
                "2+distinct",
                "16,2",
                "16,2+height",
                "16,2+height+width",
                "16,16",
                "16,2+tied"
            ]
        );
        for rung in Rung::LADDER {
            assert_eq!(rung.to_string().parse(), Ok(*rung));
        }
    }

    #[test]
    fn what_is_no_rung_is_refused_with_what_one_looks_like() {
        for text in [
            "",
            "1",
            "2,1",
            "x",
            "16,2+depth",
            "2+",
            "257",
            "100000",
            "100000,2",
        ] {
            let error = text.parse::<Rung>().expect_err(text).to_string();
            assert!(
                error.starts_with(&format!("'{text}' is no rung")),
                "{error}"
            );
        }
    }

    #[test]
    fn channels_keep_their_remainder_and_nothing_grows() {
        let rung: Rung = "16,2".parse().expect("a rung");
        let channels = [3, 16, 24, 512, 1000].map(|size| rung.wants(size, true));
        assert_eq!(channels, [3, 16, 24, 16, 24]);
        assert_eq!([1, 2, 768].map(|size| rung.wants(size, false)), [1, 2, 2]);
    }
}
