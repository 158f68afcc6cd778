//! Who is let in, and what they see: settings, and the questions every handler asks.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::caller::Caller;
use super::oidc::Provider;
use super::{AppState, Problem};
use crate::auth::{Denied, InvalidGrant, Target, check_grant, may};
use crate::catalog::{Catalogue, Layer};
use crate::domain::{Action, Grant, LayerId, RoleId};
use crate::index::Snapshot;

/// How people sign in, and what those see who do not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Access {
    /// The role of those who do not sign in, in all layers and everywhere; none: they see public layers
    /// only. For demonstrations on loopback.
    pub anonymous_role: Option<RoleId>,
    /// Whether cookies are only sent over HTTPS. Browsers take loopback for as good; switch it off only
    /// where a server is reached by plain HTTP.
    pub secure_cookies: bool,
    /// How long a session lasts, hours.
    pub session_hours: u32,
    /// Attempts to sign in by one name from one address in a minute; ten times as many by one name, and from one
    /// address.
    pub attempts_a_minute: u32,
    /// Networks of proxies that are believed about whom they ask for and where they were reached
    /// (`X-Forwarded-For`, `-Host`, `-Proto`). This machine by default.
    pub proxies: Vec<IpNet>,
    /// The city's single sign-on; none: local accounts only.
    pub oidc: Option<Provider>,
}

impl Default for Access {
    fn default() -> Self {
        let this_machine = [(Ipv4Addr::LOCALHOST.into(), 8), (Ipv6Addr::LOCALHOST.into(), 128)];
        Self {
            anonymous_role: None,
            secure_cookies: true,
            session_hours: 12,
            attempts_a_minute: 10,
            proxies: this_machine.map(|(address, bits)| IpNet::new_assert(address, bits)).into(),
            oidc: None,
        }
    }
}

impl Access {
    /// What everybody is granted without signing in.
    pub(super) fn anonymous_grants(&self, catalogue: &Catalogue) -> Vec<Grant> {
        let everywhere = |role: &RoleId| Grant { role: role.clone(), layers: None, division: catalogue.city.code };
        self.anonymous_role.iter().map(everywhere).collect()
    }

    /// Checks what it names against the catalogue.
    pub fn check(&self, catalogue: &Catalogue) -> Result<(), InvalidGrant> {
        let mapped = self.oidc.iter().flat_map(|provider| &provider.grants).map(|mapping| mapping.grant(catalogue));
        self.anonymous_grants(catalogue).into_iter().chain(mapped).try_for_each(|grant| check_grant(catalogue, &grant))
    }
}

impl AppState {
    /// The newest map as far as a caller sees it. The one way for a handler to the map.
    pub(super) async fn snapshot(&self, caller: &Caller) -> Arc<Snapshot> {
        self.app.seen_by(&caller.sight).await
    }

    /// The position of a layer that exists and that a caller sees.
    pub(super) fn layer(&self, caller: &Caller, id: &str) -> Result<usize, Problem> {
        let position = id.parse::<LayerId>().ok().and_then(|id| self.app.catalogue.position(&id));
        let Some(position) = position.filter(|&at| caller.sight.sees(at)) else {
            // What may not be seen is not said to exist.
            let known: Vec<String> = self.visible_layers(caller).map(|(_, layer)| layer.id.to_string()).collect();
            let id: String = id.chars().take(60).collect();
            return Err(Problem::not_found(
                "layer.not_found",
                format!("没有图层 {id}，或需登录后可见；可用图层：{}。", known.join("、")),
                format!("There is no layer `{id}`, or not without signing in; there are: {}.", known.join(", ")),
            )
            .with("known", known));
        };
        Ok(position)
    }

    /// The layers that a caller sees, with their positions.
    pub(super) fn visible_layers<'a>(&'a self, caller: &'a Caller) -> impl Iterator<Item = (usize, &'a Layer)> {
        self.app.catalogue.layers.iter().enumerate().filter(|(at, _)| caller.sight.sees(*at))
    }

    /// Whether a caller may do something: the rule, with the roles of the catalogue.
    pub(super) fn may(&self, caller: &Caller, action: Action, target: &Target<'_>) -> Result<(), Denied> {
        may(&self.app.catalogue.roles, &caller.actor, action, target)
    }
}
