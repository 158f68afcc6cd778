//! Features found by what people call them: the names of streets and compounds, the addresses of plates.

use std::sync::Arc;

use super::cell::Cell;
use super::{Item, Snapshot};
use crate::domain::Bbox;

/// How well a label answers a search, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    /// It is what was asked for.
    Whole,
    /// It ends so: of an address the part that tells it from its neighbours.
    End,
    /// It begins so.
    Begin,
    /// It has it somewhere.
    Within,
}

/// What stands after a house number; people leave it away.
const NUMBER_SIGN: char = '号';

impl Match {
    /// How a label answers words that must stand in it in this order; none when it does not.
    pub fn of(label: &str, words: &[&str]) -> Option<Self> {
        let mut rest = label;
        let mut first_at = None;
        for word in words {
            let at = rest.find(word)?;
            first_at.get_or_insert(at);
            rest = &rest[at + word.len()..];
        }
        let begins = first_at == Some(0);
        let ends = words
            .last()
            .is_some_and(|last| label.trim_end_matches(NUMBER_SIGN).ends_with(last.trim_end_matches(NUMBER_SIGN)));
        Some(match (begins, ends) {
            (true, true) if words.len() == 1 => Self::Whole,
            (_, true) => Self::End,
            (true, false) => Self::Begin,
            (false, false) => Self::Within,
        })
    }
}

/// A feature that was found by its label.
#[derive(Debug, Clone)]
pub struct Labelled {
    /// How well it answers.
    pub fit: Match,
    /// Its label.
    pub label: String,
    /// The position of its layer.
    pub layer: usize,
    /// The feature.
    pub item: Arc<Item>,
}

impl Snapshot {
    /// The features of some layers whose labels have these words, in this order, in them: the best and then the
    /// shortest first, `limit` at the most, each label once. Every label is looked at.
    pub fn labelled(&self, layers: &[usize], words: &[&str], limit: usize) -> Vec<Labelled> {
        // So many are kept between cuts that a cut is rare.
        let most = (limit * 16).max(1024);
        let mut found = Vec::new();
        for &layer in layers {
            let index = self.layer(layer);
            let Some(key) = index.keys().position(&self.catalogue().layers[layer].label) else { continue };
            for item in index.in_box(Bbox::WORLD) {
                let Some(Cell::Text(label)) = item.cell(key) else { continue };
                let Some(fit) = Match::of(label, words) else { continue };
                found.push(Labelled { fit, label: label.to_owned(), layer, item: Arc::clone(item) });
                if found.len() >= most {
                    keep_best(&mut found, layers, limit);
                }
            }
        }
        keep_best(&mut found, layers, limit);
        found
    }
}

/// Puts the best first and lets go what comes after `limit`.
fn keep_best(found: &mut Vec<Labelled>, layers: &[usize], limit: usize) {
    let place = |layer| layers.iter().position(|one| *one == layer);
    found.sort_by(|a, b| {
        let (short, long) = (a.label.chars().count(), b.label.chars().count());
        let by_fit = a.fit.cmp(&b.fit).then(short.cmp(&long)).then_with(|| a.label.cmp(&b.label));
        by_fit.then(place(a.layer).cmp(&place(b.layer))).then(a.item.id.cmp(&b.item.id))
    });
    found.dedup_by(|after, before| after.label == before.label);
    found.truncate(limit);
}

#[cfg(test)]
mod tests {
    use super::Match;

    #[test]
    fn a_label_answers_whole_then_by_its_end_then_by_its_beginning() {
        let plate = "湖北省潜江市杨市街道翰林社区桃园大道197号";
        for (label, words, expected) in [
            ("桃园大道", vec!["桃园大道"], Some(Match::Whole)),
            (plate, vec!["桃园大道197"], Some(Match::End)),
            (plate, vec!["桃园大道197号"], Some(Match::End)),
            (plate, vec!["桃园大道", "197"], Some(Match::End)),
            (plate, vec!["桃园大道19"], Some(Match::Within)),
            (plate, vec!["湖北省"], Some(Match::Begin)),
            (plate, vec!["197", "桃园大道"], None),
            (plate, vec!["东风路"], None),
        ] {
            assert_eq!(Match::of(label, &words), expected, "{label} {words:?}");
        }
    }
}
