//! Who may: the rule as a table, and what must hold of it whatever was granted.

use std::collections::BTreeSet;

use platbook::auth::{Actor, Denied, Target, Within, may};
use platbook::catalog::{Catalogue, Layer};
use platbook::domain::{Action, DivisionCode, Grant, LayerSight, Sight};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::support::small_catalogue;

const ROLES: [&str; 6] = ["viewer", "surveyor", "reviewer", "editor", "connector", "administrator"];

/// What each role may do, as the table of the catalogue says it once more.
fn may_by_table(role: &str, action: Action) -> bool {
    use Action::{Administer, Audit, Create, Delete, Import, Publish, Read, Review, Submit, Update};
    match role {
        "viewer" => matches!(action, Read),
        "surveyor" => matches!(action, Read | Submit),
        "reviewer" => matches!(action, Read | Submit | Review),
        "editor" => matches!(action, Read | Create | Update | Delete | Submit | Publish),
        "connector" => matches!(action, Read | Create | Update | Delete | Import),
        "administrator" => {
            matches!(action, Read | Create | Update | Delete | Submit | Review | Import | Publish | Audit | Administer)
        }
        other => panic!("no role {other}"),
    }
}

fn division(code: &str) -> DivisionCode {
    code.parse().unwrap()
}

fn grant(role: &str, layers: Option<&[&str]>, code: &str) -> Grant {
    let layers = layers.map(|layers| layers.iter().map(|layer| layer.parse().unwrap()).collect());
    Grant { role: role.parse().unwrap(), layers, division: division(code) }
}

fn layer<'a>(catalogue: &'a Catalogue, id: &str) -> &'a Layer {
    catalogue.layer(&id.parse().unwrap()).unwrap()
}

#[test]
fn every_role_may_do_what_the_table_says_and_nothing_else() {
    let catalogue = small_catalogue();
    let declared: Vec<&str> = catalogue.roles.keys().map(platbook::domain::RoleId::as_str).collect();
    assert_eq!(declared, ROLES);
    let village = Some(division("429005001001"));
    for role in ROLES {
        let actor = Actor::account("somebody", vec![grant(role, None, "429005")]);
        for action in Action::ALL {
            for id in ["doorplate", "network-link", "population"] {
                let target = Target::feature(layer(&catalogue, id), village);
                let expected = if may_by_table(role, action) || (action == Action::Read && id == "doorplate") {
                    Ok(())
                } else {
                    Err(Denied::RoleLacksAction { action })
                };
                assert_eq!(may(&catalogue.roles, &actor, action, &target), expected, "{role} {action} {id}");
            }
            let of_service = may(&catalogue.roles, &actor, action, &Target::Service);
            assert_eq!(of_service.is_ok(), may_by_table(role, action), "{role} {action} of the service");
        }
    }
}

#[test]
fn who_did_not_sign_in_reads_public_layers_and_is_told_to_sign_in() {
    let catalogue = small_catalogue();
    let nobody = Actor::anonymous(Vec::new());
    for layer in &catalogue.layers {
        for action in Action::ALL {
            let got = may(&catalogue.roles, &nobody, action, &Target::feature(layer, None));
            let expected = action == Action::Read && layer.is_public();
            assert_eq!(got, if expected { Ok(()) } else { Err(Denied::SignInFirst { action }) }, "{}", layer.id);
        }
    }
    let guest = Actor::anonymous(vec![grant("viewer", None, "429005")]);
    let internal = Target::feature(layer(&catalogue, "network-link"), None);
    assert_eq!(may(&catalogue.roles, &guest, Action::Read, &internal), Ok(()));
    let refused = may(&catalogue.roles, &guest, Action::Update, &internal);
    assert_eq!(refused, Err(Denied::SignInFirst { action: Action::Update }));
}

#[test]
fn a_refusal_says_which_of_role_layer_division_and_token_it_was() {
    let catalogue = small_catalogue();
    let (plates, links) = (layer(&catalogue, "doorplate"), layer(&catalogue, "network-link"));
    let (inside, beside) = (Some(division("429005001001")), Some(division("429005002001")));
    let editor = Actor::account("operator", vec![grant("editor", Some(&["doorplate"]), "429005001")]);
    let update = Action::Update;
    let asked = |actor: &Actor, action, target: Target<'_>| may(&catalogue.roles, actor, action, &target);
    assert_eq!(asked(&editor, update, Target::feature(plates, inside)), Ok(()));
    assert_eq!(
        asked(&editor, Action::Review, Target::feature(plates, inside)),
        Err(Denied::RoleLacksAction { action: Action::Review })
    );
    assert_eq!(
        asked(&editor, update, Target::feature(links, inside)),
        Err(Denied::LayerNotGranted { action: update, layer: links.id.clone() })
    );
    for (place, why) in [(beside, "another township"), (None, "outside every village")] {
        assert_eq!(
            asked(&editor, update, Target::feature(plates, place)),
            Err(Denied::DivisionNotGranted { action: update, division: place }),
            "{why}"
        );
    }
    let reading = editor.clone().limited_to(BTreeSet::from([Action::Read]));
    assert_eq!(
        asked(&reading, update, Target::feature(plates, inside)),
        Err(Denied::TokenLacksScope { action: update })
    );
    let narrow = Actor::account("narrow", vec![grant("administrator", None, "429005001")]);
    assert_eq!(
        asked(&narrow, Action::Administer, Target::Service),
        Err(Denied::DivisionNotGranted { action: Action::Administer, division: None })
    );
    let gone = Actor::account("gone", vec![grant("harbour-master", None, "429005")]);
    assert_eq!(
        asked(&gone, Action::Read, Target::feature(links, inside)),
        Err(Denied::RoleLacksAction { action: Action::Read }),
        "a role that is no longer declared may do nothing"
    );
}

fn divisions() -> Vec<DivisionCode> {
    ["429005", "429005001", "429005002", "429005001001", "429005001002", "429005002001"].map(division).to_vec()
}

fn villages() -> impl Strategy<Value = Option<DivisionCode>> {
    let outside = ["429005003001", "429006001001"].map(division);
    proptest::option::of(select([divisions()[3..].to_vec(), outside.to_vec()].concat()))
}

fn grants() -> impl Strategy<Value = Vec<Grant>> {
    let layers = subsequence(vec!["doorplate", "network-link", "population", "sector"], 0..=4);
    let one = (select(ROLES.to_vec()), proptest::option::of(layers), select(divisions()))
        .prop_map(|(role, layers, division)| grant(role, layers.as_deref(), &division.to_string()));
    proptest::collection::vec(one, 0..4)
}

/// The limits of a view token.
fn limits() -> impl Strategy<Value = Within> {
    let layers = subsequence(vec!["doorplate", "network-link", "population"], 0..=3);
    (proptest::option::of(layers), select(divisions())).prop_map(|(layers, division)| {
        let layers = layers.map(|layers| layers.into_iter().map(|layer| layer.parse().unwrap()).collect());
        Within { layers, division }
    })
}

fn actors() -> impl Strategy<Value = Actor> {
    let scopes = proptest::option::of(subsequence(Action::ALL.to_vec(), 0..=Action::ALL.len()));
    let within = proptest::option::weighted(0.3, limits());
    (grants(), scopes, any::<bool>(), within).prop_map(|(grants, scopes, anonymous, within)| {
        let actor = if anonymous { Actor::anonymous(grants) } else { Actor::account("somebody", grants) };
        let actor = Actor { within, ..actor };
        match scopes {
            Some(scopes) => actor.limited_to(scopes.into_iter().collect()),
            None => actor,
        }
    })
}

proptest! {
    #[test]
    fn nobody_gains_by_losing_a_grant_or_by_a_token(actor in actors(), lost: proptest::sample::Index, village in villages()) {
        let catalogue = small_catalogue();
        let mut poorer = actor.clone();
        if !poorer.grants.is_empty() {
            poorer.grants.remove(lost.index(actor.grants.len()));
        }
        let whole = Actor { scopes: None, ..actor.clone() };
        for action in Action::ALL {
            let targets = catalogue.layers.iter().map(|layer| Target::feature(layer, village));
            for target in targets.chain([Target::Service]) {
                let may = |actor: &Actor| may(&catalogue.roles, actor, action, &target).is_ok();
                prop_assert!(!may(&poorer) || may(&actor), "{action} {target:?}");
                prop_assert!(!may(&actor) || may(&whole), "{action} {target:?}");
            }
        }
    }

    #[test]
    fn a_view_token_reads_what_its_account_does_within_its_limits(actor in actors(), within in limits(), village in villages()) {
        let catalogue = small_catalogue();
        let whole = Actor { scopes: None, within: None, ..actor.clone() };
        let viewing = whole.clone().viewing(within.clone());
        for layer in &catalogue.layers {
            let target = Target::feature(layer, village);
            for action in Action::ALL {
                let may = |actor: &Actor| may(&catalogue.roles, actor, action, &target).is_ok();
                let expected = action == Action::Read && may(&whole) && within.covers(&layer.id) && within.reaches(village);
                prop_assert_eq!(may(&viewing), expected, "{} {}", action, layer.id);
            }
        }
        for action in Action::ALL {
            prop_assert!(may(&catalogue.roles, &viewing, action, &Target::Service).is_err() || action == Action::Read);
        }
    }

    #[test]
    fn sight_is_the_rule_for_reading(actor in actors(), village in villages()) {
        let catalogue = small_catalogue();
        let sight = Sight::of(&catalogue, &actor);
        for (at, layer) in catalogue.layers.iter().enumerate() {
            let readable = may(&catalogue.roles, &actor, Action::Read, &Target::feature(layer, village)).is_ok();
            prop_assert_eq!(sight.layer(at).shows(village), readable, "{} {:?}", layer.id, village);
        }
    }

    #[test]
    fn sights_have_the_same_number_just_when_they_are_the_same(a in actors(), b in actors()) {
        let catalogue = small_catalogue();
        let (a, b) = (Sight::of(&catalogue, &a), Sight::of(&catalogue, &b));
        prop_assert_eq!(a == b, a.digest() == b.digest());
        prop_assert_eq!(a.is_whole(), a.digest() == 0);
        for at in 0..catalogue.layers.len() {
            prop_assert_eq!(a.layer(at) == b.layer(at), a.digest_of([at]) == b.digest_of([at]));
            prop_assert_eq!(*a.layer(at) == LayerSight::All, a.digest_of([at]) == 0);
        }
    }
}
