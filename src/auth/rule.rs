//! The rule: grants, roles, layers, divisions and scopes, asked together.

use super::Actor;
use crate::catalog::{Layer, Roles};
use crate::domain::{Action, DivisionCode, Grant, LayerId};

/// On what something is to be done.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// A feature, as it is or as it is to become. Whoever moves a feature asks about both.
    Feature {
        /// Its layer.
        layer: &'a Layer,
        /// Its village. What stands in none, or above villages, is the whole city's.
        division: Option<DivisionCode>,
    },
    /// The service itself: accounts, the audit list.
    Service,
}

impl<'a> Target<'a> {
    /// A feature of a layer in a village, or in none.
    pub const fn feature(layer: &'a Layer, division: Option<DivisionCode>) -> Self {
        Self::Feature { layer, division }
    }
}

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nobody signed in.
    #[error("to {action} here, sign in first")]
    SignInFirst {
        /// What was asked.
        action: Action,
    },
    /// None of the roles may do it.
    #[error("none of this account's roles may {action}")]
    RoleLacksAction {
        /// What was asked.
        action: Action,
    },
    /// Roles that may do it hold in other layers only.
    #[error("this account may {action}, but not in the layer `{layer}`")]
    LayerNotGranted {
        /// What was asked.
        action: Action,
        /// Where.
        layer: LayerId,
    },
    /// Roles that may do it hold in other divisions only.
    #[error("this account may {action}, but not {}", place(*division))]
    DivisionNotGranted {
        /// What was asked.
        action: Action,
        /// Where; none: for the whole city.
        division: Option<DivisionCode>,
    },
    /// The account may, its token may not.
    #[error("this token is not for `{action}`")]
    TokenLacksScope {
        /// What was asked.
        action: Action,
    },
    /// The account may, its view token is for other layers or another division.
    #[error("this view token is for other layers or another division")]
    TokenLacksTarget {
        /// What was asked.
        action: Action,
    },
}

impl Denied {
    /// The same in Chinese, a sentence.
    pub fn in_chinese(&self) -> String {
        match self {
            Self::SignInFirst { .. } => "请先登录，或使用令牌。".to_owned(),
            Self::RoleLacksAction { action } => format!("该账号的角色不含操作 {action}。"),
            Self::LayerNotGranted { action, layer } => format!("该账号可 {action}，但不含图层 {layer}。"),
            Self::DivisionNotGranted { action, division: Some(division) } => {
                format!("该账号可 {action}，但不含区划 {division}。")
            }
            Self::DivisionNotGranted { action, division: None } => format!("该账号可 {action}，但不及全市。"),
            Self::TokenLacksScope { action } => format!("该令牌不用于 {action}。"),
            Self::TokenLacksTarget { .. } => "该视图令牌用于其他图层或区划。".to_owned(),
        }
    }
}

fn place(division: Option<DivisionCode>) -> String {
    division.map_or_else(|| "for the whole city".to_owned(), |code| format!("in the division {code}"))
}

/// Whether an actor may do something. Public layers may be read by everybody.
pub fn may(roles: &Roles, actor: &Actor, action: Action, target: &Target<'_>) -> Result<(), Denied> {
    if let (Some(within), Target::Feature { layer, division }) = (&actor.within, target)
        && !(within.covers(&layer.id) && within.reaches(*division))
    {
        return Err(Denied::TokenLacksTarget { action });
    }
    if let Target::Feature { layer, .. } = target
        && action == Action::Read
        && layer.is_public()
    {
        return Ok(());
    }
    let reason = |reason| if actor.is_anonymous { Denied::SignInFirst { action } } else { reason };
    granted(roles, actor, action, target).map_err(reason)
}

fn granted(roles: &Roles, actor: &Actor, action: Action, target: &Target<'_>) -> Result<(), Denied> {
    let mut able = grants_for(roles, actor, action).peekable();
    if able.peek().is_none() {
        return Err(Denied::RoleLacksAction { action });
    }
    match target {
        Target::Feature { layer, division } => {
            let mut here = able.filter(|grant| grant.covers(&layer.id)).peekable();
            if here.peek().is_none() {
                return Err(Denied::LayerNotGranted { action, layer: layer.id.clone() });
            }
            if !here.any(|grant| grant.reaches(*division)) {
                return Err(Denied::DivisionNotGranted { action, division: *division });
            }
        }
        Target::Service => {
            if !able.any(|grant| grant.layers.is_none() && grant.is_city_wide()) {
                return Err(Denied::DivisionNotGranted { action, division: None });
            }
        }
    }
    if actor.in_scope(action) { Ok(()) } else { Err(Denied::TokenLacksScope { action }) }
}

/// The grants whose role may do an action. A role that is no longer declared may do nothing.
pub(super) fn grants_for<'a>(roles: &'a Roles, actor: &'a Actor, action: Action) -> impl Iterator<Item = &'a Grant> {
    actor.grants.iter().filter(move |grant| roles.get(&grant.role).is_some_and(|role| role.may.contains(&action)))
}
