//! Scopes: what a token lets its bearer do (RFC 6749 §3.3).

use std::fmt;

use serde::{Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{ArrayBuilder, ObjectBuilder, Schema, Type},
    },
};

/// Read information about the current user.
pub const ME: u8 = 1;
/// Read items.
pub const ITEMS: u8 = 1 << 1;
/// Change or delete the current user.
pub const ME_WRITE: u8 = 1 << 2;
/// Create, change and delete items.
pub const ITEMS_WRITE: u8 = 1 << 3;
/// Manage all users and all items.
pub const ADMIN: u8 = 1 << 4;
/// Stay signed in: get a refresh token.
pub const OFFLINE_ACCESS: u8 = 1 << 5;

/// All scopes: the bit, the name on the wire, and the sentence that people are shown.
const ALL: [(u8, &str, &str); 6] = [
    (ME, "me", "Read information about the current user."),
    (ITEMS, "items", "Read items."),
    (ME_WRITE, "me:write", "Change or delete the current user."),
    (ITEMS_WRITE, "items:write", "Create, change and delete items."),
    (ADMIN, "admin", "Manage all users and all items."),
    (OFFLINE_ACCESS, "offline_access", "Stay signed in: get a refresh token."),
];

/// A set of scopes. The bits are constants rather than an enum so that a handler can name the ones it needs in its
/// signature: `Scoped<{ ME | ITEMS }>`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u8);

/// A word that is not the name of a scope, or a list that RFC 6749 §3.3 does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownScope;

impl Scopes {
    /// What a new user is granted: everything but `admin`.
    pub const AT_SIGN_UP: Self = Self(ME | ITEMS | ME_WRITE | ITEMS_WRITE);

    /// All scopes that a user can be granted.
    pub const ALL: Self = Self(ME | ITEMS | ME_WRITE | ITEMS_WRITE | ADMIN);

    /// The scope that everybody may ask for, and that nobody is granted (OpenID Connect Core §11).
    pub const OFFLINE_ACCESS: Self = Self(OFFLINE_ACCESS);

    /// All scopes that a login may ask for.
    pub const ASKABLE: Self = Self::ALL.union(Self::OFFLINE_ACCESS);

    /// The set with these bits.
    pub const fn new(bits: u8) -> Self {
        Self(bits)
    }

    /// Reads a request's `scope`: names separated by single spaces (RFC 6749 §3.3), each of them known.
    ///
    /// # Errors
    /// [`UnknownScope`] for an unknown name or a malformed list.
    pub fn parse(list: &str) -> Result<Self, UnknownScope> {
        list.split(' ')
            .try_fold(Self::default(), |set, name| bit(name).map(|bit| Self(set.0 | bit)).ok_or(UnknownScope))
    }

    /// Reads a `scope` that was granted earlier, here or by another service that shares the key. Names that this server
    /// does not know are ignored; they grant nothing here.
    pub fn parse_granted(list: &str) -> Self {
        Self(list.split(' ').filter_map(bit).fold(0, |bits, bit| bits | bit))
    }

    /// The scope of this name, which a user can be granted.
    ///
    /// # Errors
    /// [`UnknownScope`].
    pub fn named(name: &str) -> Result<Self, UnknownScope> {
        bit(name).map(Self).filter(|scope| Self::ALL.contains(*scope)).ok_or(UnknownScope)
    }

    /// Whether these are the scopes of an administrator.
    pub const fn is_administrators(self) -> bool {
        self.contains(Self(ADMIN))
    }

    /// Whether every scope of `other` is in this set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The scopes that are in one set or the other.
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The scopes of this set that are not in the other.
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The scopes that are in both sets.
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The name of each scope in the set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.describe().map(|(name, _)| name)
    }

    /// The name and the sentence of each scope in the set.
    pub fn describe(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        ALL.into_iter().filter(move |(bit, ..)| self.0 & bit != 0).map(|(_, name, sentence)| (name, sentence))
    }
}

/// Reads a user's scopes from the database, as [`Scopes::parse_granted`] does.
impl From<String> for Scopes {
    fn from(list: String) -> Self {
        Self::parse_granted(&list)
    }
}

/// The scopes in a JSON body: a list of their names.
impl Serialize for Scopes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.names())
    }
}

impl PartialSchema for Scopes {
    fn schema() -> RefOr<Schema> {
        let names = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(Self::ALL.names()));
        ArrayBuilder::new().items(names).into()
    }
}

impl ToSchema for Scopes {}

/// The bit of a scope's name.
fn bit(name: &str) -> Option<u8> {
    ALL.iter().find(|(_, known, _)| *known == name).map(|(bit, ..)| *bit)
}

/// The form on the wire: names separated by single spaces.
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (name, _)) in self.describe().enumerate() {
            let space = if position == 0 { "" } else { " " };
            write!(f, "{space}{name}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_separated_by_single_spaces_are_read_in_any_order_and_written_in_one() {
        assert_eq!(Scopes::parse("items me"), Ok(Scopes::new(ME | ITEMS)));
        assert_eq!(Scopes::new(ITEMS | ME | ADMIN).to_string(), "me items admin");
        assert_eq!(Scopes::parse(&Scopes::AT_SIGN_UP.to_string()), Ok(Scopes::AT_SIGN_UP));
    }

    #[test]
    fn an_unknown_or_malformed_list_is_refused_when_asked_for() {
        for list in ["", " ", "me  items", " me", "me ", "me,items", "ME", "me\titems", "root", "me root"] {
            assert_eq!(Scopes::parse(list), Err(UnknownScope), "{list:?}");
        }
    }

    #[test]
    fn everybody_may_ask_to_stay_signed_in_and_nobody_is_granted_it() {
        assert_eq!(Scopes::parse("me offline_access"), Ok(Scopes::new(ME | OFFLINE_ACCESS)));
        assert_eq!(Scopes::named("offline_access"), Err(UnknownScope));
        assert!(!Scopes::ALL.contains(Scopes::OFFLINE_ACCESS));
    }

    #[test]
    fn a_word_of_another_service_opens_nothing_but_does_no_harm() {
        assert_eq!(Scopes::parse_granted("me reports:read"), Scopes::new(ME));
        assert_eq!(Scopes::parse_granted(""), Scopes::default());
    }

    #[test]
    fn a_set_contains_only_what_is_in_it() {
        let granted = Scopes::new(ME | ITEMS);
        assert!(granted.contains(Scopes::new(ITEMS)));
        assert!(!granted.contains(Scopes::new(ITEMS | ADMIN)));
        assert_eq!(granted.intersection(Scopes::new(ITEMS | ADMIN)), Scopes::new(ITEMS));
        assert_eq!(granted.without(Scopes::new(ITEMS | ADMIN)), Scopes::new(ME));
    }
}
