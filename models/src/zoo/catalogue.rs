//! The entries of the zoo, in the order in which they are documented.

use super::{Entry, albert, bert, distilbert, gpt2, mlp, mobilebert, resnet, squeezebert, vit};

/// Every entry.
pub(super) static ENTRIES: [Entry; 18] = [
    mlp::MLP,
    bert::TINY,
    bert::MINI,
    bert::SMALL,
    bert::MEDIUM,
    bert::BASE,
    distilbert::DISTILBERT,
    albert::BASE_V2,
    mobilebert::MOBILEBERT,
    squeezebert::SQUEEZEBERT,
    bert::MINILM,
    gpt2::GPT2,
    resnet::R18,
    resnet::R50,
    resnet::R101,
    resnet::R152,
    resnet::WIDE_50_2,
    vit::B32,
];
