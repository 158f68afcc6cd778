//! The demo city, looked at from outside.

mod made;
mod places;
