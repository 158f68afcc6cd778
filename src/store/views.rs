//! Saved views: the states of the map that people keep, alone or for others. Beside the log in the same
//! database.
//!
//! A store keeps what it is given; what a state means is the web app's affair.

pub(super) mod statements;

use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::StoreError;
use crate::domain::{AccountName, LayerId, Version, ViewId};

pub(super) use statements::views;

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ViewKind {
    /// All that the map shows.
    View,
    /// A place to go back to.
    Bookmark,
    /// How a layer is drawn.
    Style,
    /// A condition on a layer.
    Filter,
}

impl ViewKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::View, Self::Bookmark, Self::Style, Self::Filter];

    /// The word for it in JSON and in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Bookmark => "bookmark",
            Self::Style => "style",
            Self::Filter => "filter",
        }
    }

    /// Whether it is about one layer.
    pub const fn is_of_a_layer(self) -> bool {
        matches!(self, Self::Style | Self::Filter)
    }
}

/// Who sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// Its owner.
    Mine,
    /// The accounts of a department.
    Department,
    /// Everybody, without signing in too.
    Public,
}

impl Audience {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Mine, Self::Department, Self::Public];

    /// The word for it in JSON and in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::Department => "department",
            Self::Public => "public",
        }
    }
}

/// Why a text is none of the words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {known}, got `{got}`")]
pub struct UnknownWord {
    /// The words there are.
    pub known: String,
    /// What stood there.
    pub got: String,
}

macro_rules! words {
    ($name:ident) => {
        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                Self::ALL.into_iter().find(|one| one.word() == text).ok_or_else(|| UnknownWord {
                    known: Self::ALL.map(Self::word).join(", "),
                    got: text.chars().take(40).collect(),
                })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}

words!(ViewKind);
words!(Audience);

/// A saved view, without its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedView {
    /// Its number, given by the store; later ones have larger ones.
    pub number: u64,
    /// Its id in links.
    pub id: ViewId,
    /// What it is.
    pub kind: ViewKind,
    /// What its owner calls it.
    pub title: String,
    /// Who sees it.
    pub audience: Audience,
    /// The layer that it is about.
    pub layer: Option<LayerId>,
    /// Whose it is.
    pub owner: AccountName,
    /// The department of its owner when it was last saved.
    pub department: Option<String>,
    /// A small picture, as a data URL.
    pub thumbnail: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last saved.
    pub updated: Timestamp,
    /// How often it has been saved.
    pub version: Version,
}

/// Who asks for saved views.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reader {
    /// The account; none: somebody who did not sign in.
    pub account: Option<AccountName>,
    /// Its department.
    pub department: Option<String>,
    /// The layers that they see: what is about another is shown to its owner only.
    pub layers: Vec<LayerId>,
}

impl Reader {
    /// Whether a saved view is shown to them: the same rule as the one by which the store lists.
    pub fn sees(&self, view: &SavedView) -> bool {
        let is_own = self.account.as_ref() == Some(&view.owner);
        let is_for_them = match view.audience {
            Audience::Mine => false,
            Audience::Department => view.department.is_some() && view.department == self.department,
            Audience::Public => true,
        };
        is_own || is_for_them && view.layer.as_ref().is_none_or(|layer| self.layers.contains(layer))
    }
}

/// Which saved views are asked for; none: whichever.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// Of this kind.
    pub kind: Option<ViewKind>,
    /// About this layer.
    pub layer: Option<LayerId>,
    /// For these.
    pub audience: Option<Audience>,
    /// Those made before the one with this number.
    pub before: Option<u64>,
}

/// Saved views. What is not there is none or false, never an error.
#[async_trait]
pub trait Views: Send + Sync {
    /// What a reader sees of those asked for, newest first.
    async fn views(&self, reader: &Reader, asked: &Asked, limit: usize) -> Result<Vec<SavedView>, StoreError>;

    /// One of them, with its state.
    async fn view(&self, id: &ViewId) -> Result<Option<(SavedView, Value)>, StoreError>;

    /// Keeps one, whose number is not looked at; false when its owner has `most` already.
    async fn create_view(&self, view: &SavedView, state: &Value, most: u32) -> Result<bool, StoreError>;

    /// Replaces all of one but its id, owner and time of making, if it stands at the version before that of `view`.
    async fn replace_view(&self, view: &SavedView, state: &Value) -> Result<bool, StoreError>;

    /// Forgets one that stands at a version.
    async fn remove_view(&self, id: &ViewId, version: Version) -> Result<bool, StoreError>;
}
