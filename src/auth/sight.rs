//! What an actor may see: the rule for reading, asked for whole layers at once.

use super::Actor;
use super::rule::grants_for;
use crate::catalog::{Catalogue, Layer};
use crate::domain::{Action, Grant, LayerSight, Sight};

impl Sight {
    /// What an actor may see of each layer: just the features that [`may`](super::may) lets them read.
    pub fn of(catalogue: &Catalogue, actor: &Actor) -> Self {
        Self::new(catalogue.layers.iter().map(|layer| of_layer(catalogue, actor, layer)).collect())
    }
}

fn of_layer(catalogue: &Catalogue, actor: &Actor, layer: &Layer) -> LayerSight {
    match &actor.within {
        None => granted(catalogue, actor, layer),
        Some(within) if within.covers(&layer.id) => granted(catalogue, actor, layer).narrowed_to(within.division),
        Some(_) => LayerSight::Nothing,
    }
}

fn granted(catalogue: &Catalogue, actor: &Actor, layer: &Layer) -> LayerSight {
    if layer.is_public() {
        return LayerSight::All;
    }
    if !actor.in_scope(Action::Read) {
        return LayerSight::Nothing;
    }
    let grants = || grants_for(&catalogue.roles, actor, Action::Read).filter(|grant| grant.covers(&layer.id));
    if grants().any(Grant::is_city_wide) {
        return LayerSight::All;
    }
    LayerSight::within(grants().map(|grant| grant.division).collect())
}
