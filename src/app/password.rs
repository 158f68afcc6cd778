//! Passwords: kept as argon2id, checked in the same time whether or not there is an account.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};

/// The shortest password, in characters.
pub const SHORTEST: usize = 10;

/// The longest password, in bytes: hashing must not become a burden.
pub const LONGEST: usize = 256;

/// What a password is checked against where there is no account, so that the answer takes as long. Of
/// the same cost as those that are made; nothing hashes to it.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm9ibw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why a password cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too short or too long.
    #[error("a password has at least {SHORTEST} characters and at most {LONGEST} bytes")]
    Length,
    /// The system gave no randomness.
    #[error("the password could not be hashed: {0}")]
    Hashing(String),
}

/// The hash of a new password. Takes tens of milliseconds, as it must.
pub fn hash(password: &str) -> Result<String, PasswordError> {
    if password.chars().count() < SHORTEST || password.len() > LONGEST {
        return Err(PasswordError::Length);
    }
    let hashed = Argon2::default().hash_password(password.as_bytes());
    hashed.map(|hash| hash.to_string()).map_err(|error| PasswordError::Hashing(error.to_string()))
}

/// Whether a password is the one that was hashed; never where there is no hash. Takes as long either way.
pub fn is_right(password: &str, hashed: Option<&str>) -> bool {
    let Ok(against) = PasswordHash::new(hashed.unwrap_or(NOBODY)) else { return false };
    let long_enough = password.len() <= LONGEST;
    let right = Argon2::default().verify_password(password.as_bytes(), &against).is_ok();
    right && long_enough && hashed.is_some()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_of_an_account_is_right() {
        let hashed = hash("correct horse").unwrap();
        assert!(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hashed}");
        assert_ne!(hashed, hash("correct horse").unwrap(), "each has its own salt");
        assert!(is_right("correct horse", Some(&hashed)));
        assert!(!is_right("correct house", Some(&hashed)));
        assert!(!is_right("correct horse", None));
        assert!(!is_right("correct horse", Some("damaged")));
        assert_eq!(hash("short").unwrap_err(), PasswordError::Length);
    }

    #[test]
    fn an_account_that_is_not_there_costs_a_whole_hash() {
        let against = PasswordHash::new(NOBODY).unwrap();
        let made = hash("correct horse").unwrap();
        let made = PasswordHash::new(&made).unwrap();
        assert_eq!((against.algorithm, against.version), (made.algorithm, made.version));
        assert_eq!(against.params.to_string(), made.params.to_string());
        assert_eq!(against.hash.unwrap().len(), made.hash.unwrap().len());
    }
}
