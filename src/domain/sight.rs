//! What somebody may see, as a plain value: the index filters by it, caches tell people apart by it.

use super::{DivisionCode, DivisionLevel};

/// What may be seen of each layer, by its position in the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Sight {
    layers: Vec<LayerSight>,
}

/// What may be seen of one layer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LayerSight {
    /// All of it.
    All,
    /// What stands in these divisions: in order, none within another.
    Divisions(Vec<DivisionCode>),
    /// Nothing, not even that it is there.
    Nothing,
}

impl LayerSight {
    /// What stands in any of some divisions.
    pub fn within(mut divisions: Vec<DivisionCode>) -> Self {
        divisions.sort_unstable_by_key(|code| (code.level(), code.number()));
        let mut kept: Vec<DivisionCode> = Vec::with_capacity(divisions.len());
        for code in divisions {
            if !kept.iter().any(|wider| wider.contains(code)) {
                kept.push(code);
            }
        }
        if kept.is_empty() { Self::Nothing } else { Self::Divisions(kept) }
    }

    /// The same within one division; a city is everywhere.
    #[must_use]
    pub fn narrowed_to(self, division: DivisionCode) -> Self {
        if division.level() == DivisionLevel::City {
            return self;
        }
        match self {
            Self::All => Self::within(vec![division]),
            Self::Nothing => Self::Nothing,
            Self::Divisions(divisions) => {
                let narrow = |code: DivisionCode| {
                    if division.contains(code) { Some(code) } else { code.contains(division).then_some(division) }
                };
                Self::within(divisions.into_iter().filter_map(narrow).collect())
            }
        }
    }

    /// Whether what stands in a village is seen; what stands in none is seen only by who sees all.
    pub fn shows(&self, village: Option<DivisionCode>) -> bool {
        match self {
            Self::All => true,
            Self::Divisions(divisions) => {
                village.is_some_and(|village| divisions.iter().any(|division| division.contains(village)))
            }
            Self::Nothing => false,
        }
    }
}

impl Sight {
    /// The sight of layers in the order of the catalogue.
    pub const fn new(layers: Vec<LayerSight>) -> Self {
        Self { layers }
    }

    /// What may be seen of a layer; of one that is not declared, nothing.
    pub fn layer(&self, layer: usize) -> &LayerSight {
        self.layers.get(layer).unwrap_or(&LayerSight::Nothing)
    }

    /// Whether anything of a layer may be seen.
    pub fn sees(&self, layer: usize) -> bool {
        *self.layer(layer) != LayerSight::Nothing
    }

    /// Whether nothing is held back.
    pub fn is_whole(&self) -> bool {
        self.layers.iter().all(|layer| *layer == LayerSight::All)
    }

    /// A number for what is seen of some layers: 0 when they are seen whole, else the same for the
    /// same divisions, today and on every server.
    pub fn digest_of(&self, layers: impl IntoIterator<Item = usize>) -> u64 {
        let mut hasher = xxhash_rust::xxh3::Xxh3::new();
        let mut whole = true;
        for layer in layers {
            hasher.update(&(layer as u64).to_le_bytes());
            match self.layer(layer) {
                LayerSight::All => hasher.update(&[0]),
                LayerSight::Nothing => {
                    whole = false;
                    hasher.update(&[1]);
                }
                LayerSight::Divisions(divisions) => {
                    whole = false;
                    hasher.update(&[2]);
                    hasher.update(&(divisions.len() as u64).to_le_bytes());
                    for code in divisions {
                        hasher.update(&code.number().to_le_bytes());
                    }
                }
            }
        }
        if whole { 0 } else { hasher.digest().max(1) }
    }

    /// The number of everything that is seen.
    pub fn digest(&self) -> u64 {
        self.digest_of(0..self.layers.len())
    }
}
