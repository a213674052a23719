//! Which part of a list is asked for, and the link to the next one.

use std::num::IntErrorKind;

use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, request::Parts},
};
use form_urlencoded::Serializer;
use utoipa::IntoParams;

use crate::{
    error::{ApiError, FieldError},
    server::store::{Listing, Place},
};

/// The part of a list that is asked for.
#[derive(Clone, Debug, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// How many entries to skip.
    #[param(required = false, minimum = 0, default = 0)]
    pub skip: i64,
    /// The most entries to return, at most 100.
    #[param(required = false, minimum = 0, maximum = 100, default = 100)]
    pub limit: i64,
}

/// The place in a list of items after which the part begins.
#[derive(Clone, Debug, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AfterItem {
    /// Where the previous page ended. The `Link` header of that page has it.
    #[param(required = false, nullable = false, pattern = r"^-?[0-9]{1,18}\..*$")]
    pub after: Option<String>,
}

/// The place in a list of users after which the part begins.
#[derive(Clone, Debug, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AfterUser {
    /// Where the previous page ended. The `Link` header of that page has it.
    #[param(required = false, nullable = false)]
    pub after: Option<String>,
}

/// The part of a list that is searched.
#[derive(Clone, Debug, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Search {
    /// Only entries that contain this text, in any case of letters.
    #[param(
        required = false,
        nullable = false,
        max_length = 255,
        pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$",
        example = "umbrella"
    )]
    pub q: Option<String>,
}

/// The most entries that one answer holds.
const LIMIT: i64 = 100;
/// The longest text to search for, in characters.
const LONGEST_SEARCH: usize = 255;

/// A place in a list, as a query has it.
pub trait InQuery: Sized {
    /// The text of the place.
    fn to_query(&self) -> String;
    /// Reads the text.
    fn from_query(text: &str) -> Option<Self>;
}

/// Of items: `1764079200000.Umbrella`.
impl InQuery for Place {
    fn to_query(&self) -> String {
        format!("{}.{}", self.created_at, self.item_id)
    }

    fn from_query(text: &str) -> Option<Self> {
        let (created_at, item_id) = text.split_once('.')?;
        Some(Self { created_at: created_at.parse().ok()?, item_id: item_id.to_owned() })
    }
}

/// Of users: a username in lower case.
impl InQuery for String {
    fn to_query(&self) -> String {
        self.clone()
    }

    fn from_query(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl<S: Sync, P: InQuery> FromRequestParts<S> for Listing<P> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        read(parts.uri.query().unwrap_or_default())
    }
}

/// Reads a query string, as FastAPI does. The last value of a name counts. Other names are ignored.
///
/// # Errors
/// A 422 that names each value that is malformed or out of range.
pub fn read<P: InQuery>(query: &str) -> Result<Listing<P>, ApiError> {
    let mut listing = Listing { search: None, after: None, skip: 0, limit: LIMIT };
    let mut broken = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let (name, read) = match name.as_ref() {
            "skip" => ("skip", count(&value, i64::MAX).map(|skip| listing.skip = skip)),
            "limit" => ("limit", count(&value, LIMIT).map(|limit| listing.limit = limit)),
            "after" => ("after", place(&value).map(|place| listing.after = Some(place))),
            "q" => ("q", words(&value).map(|words| listing.search = words)),
            _ => continue,
        };
        broken.retain(|field: &FieldError| !field.loc.contains(&name.into()));
        if let Err((kind, msg)) = read {
            broken.push(FieldError { loc: vec!["query".into(), name.into()], msg: msg.into(), kind: kind.into() });
        }
    }
    if broken.is_empty() { Ok(listing) } else { Err(ApiError::unprocessable(broken)) }
}

/// The link to the page after `place` (RFC 8288), for the header of that name.
pub fn next_page<P: InQuery>(path: &str, listing: &Listing<P>, place: &P) -> Option<HeaderValue> {
    let mut query = Serializer::new(String::new());
    query.append_pair("limit", &listing.limit.to_string());
    if let Some(words) = &listing.search {
        query.append_pair("q", words);
    }
    let query = query.append_pair("after", &place.to_query()).finish();
    format!("<{path}?{query}>; rel=\"next\"").parse().ok()
}

/// Reads a whole number from 0 to `most`. The error is Pydantic's name and sentence for the broken rule.
fn count(text: &str, most: i64) -> Result<i64, (&'static str, String)> {
    let too_large = || ("less_than_equal", format!("Input should be less than or equal to {most}"));
    let too_small = || ("greater_than_equal", "Input should be greater than or equal to 0".to_owned());
    match text.parse::<i64>() {
        Ok(value) if value < 0 => Err(too_small()),
        Ok(value) if value > most => Err(too_large()),
        Ok(value) => Ok(value),
        Err(error) => Err(match error.kind() {
            IntErrorKind::PosOverflow => too_large(),
            IntErrorKind::NegOverflow => too_small(),
            _ => ("int_parsing", "Input should be a valid integer, unable to parse string as an integer".to_owned()),
        }),
    }
}

/// Reads a place. The error is in Pydantic's words.
fn place<P: InQuery>(text: &str) -> Result<P, (&'static str, String)> {
    P::from_query(text)
        .ok_or_else(|| ("value_error", "Value error, take this from the Link header of another page".to_owned()))
}

/// Reads a text to search for. An empty one searches for nothing. The error is in Pydantic's words.
fn words(text: &str) -> Result<Option<String>, (&'static str, String)> {
    if text.chars().count() > LONGEST_SEARCH {
        return Err(("string_too_long", format!("String should have at most {LONGEST_SEARCH} characters")));
    }
    // No text that is searched has one.
    if text.chars().any(|c| c.is_control() && !"\t\n\r".contains(c)) {
        return Err(("value_error", "Value error, search for a text without control characters".to_owned()));
    }
    Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::{collection::vec, prelude::*, sample::select};

    use super::*;
    use crate::error::Detail;

    fn read(query: &str) -> Result<(i64, i64), Vec<(String, String)>> {
        match super::read::<Place>(query) {
            Ok(Listing { skip, limit, .. }) => Ok((skip, limit)),
            Err(error) => match error.body.detail {
                Detail::Fields(fields) => {
                    Err(fields.into_iter().map(|field| (field.loc.join("."), field.kind.into_owned())).collect())
                }
                Detail::Text(text) => unreachable!("a list of fields, not {text}"),
            },
        }
    }

    #[test]
    fn what_is_not_said_has_its_default_and_the_last_word_counts() {
        assert_eq!(read(""), Ok((0, 100)));
        assert_eq!(read("skip=2&limit=1"), Ok((2, 1)));
        assert_eq!(read("skip=2&skip=3&other=x&limit=100"), Ok((3, 100)));
        assert_eq!(read("limit=x&limit=5"), Ok((0, 5)));
        assert_eq!(read("limit=0"), Ok((0, 0)));
    }

    #[test]
    fn each_value_out_of_range_is_named_with_the_rule_it_breaks() {
        let broken = |loc: &str, kind: &str| (loc.to_owned(), kind.to_owned());
        assert_eq!(read("limit=101"), Err(vec![broken("query.limit", "less_than_equal")]));
        assert_eq!(read("skip=-1"), Err(vec![broken("query.skip", "greater_than_equal")]));
        assert_eq!(read("skip=99999999999999999999"), Err(vec![broken("query.skip", "less_than_equal")]));
        assert_eq!(
            read("skip=a&limit=1.5"),
            Err(vec![broken("query.skip", "int_parsing"), broken("query.limit", "int_parsing")])
        );
    }

    #[test]
    fn a_place_is_a_time_and_an_id_of_any_characters() {
        for text in ["1764079200000.Umbrella", "-1.", "0.a.b", "0. \u{0}/ä"] {
            let query = form_urlencoded::Serializer::new(String::new()).append_pair("after", text).finish();
            let place = super::read::<Place>(&query).expect("a good query").after.expect("a place");
            assert_eq!(place.to_query(), text);
        }
        for query in ["after=", "after=1", "after=.Umbrella", "after=x.Umbrella", "after=9223372036854775808.a"] {
            assert_eq!(read(query), Err(vec![("query.after".to_owned(), "value_error".to_owned())]), "{query}");
        }
    }

    #[test]
    fn a_search_is_bounded_and_an_empty_one_is_none() {
        let search = |query: &str| super::read::<Place>(query).map(|listing| listing.search);
        assert_eq!(search("q=Gr%C3%BCn+50%25"), Ok(Some("Grün 50%".to_owned())));
        assert_eq!(search("q="), Ok(None));
        assert_eq!(search("q=x&q="), Ok(None));
        assert_eq!(read(&format!("q={}", "a".repeat(256))), Err(vec![("query.q".into(), "string_too_long".into())]));
        assert_eq!(read("q=a%00"), Err(vec![("query.q".into(), "value_error".into())]));
    }

    /// Arbitrary text, often made of the parts of such a query.
    fn query() -> impl Strategy<Value = String> {
        let name = select(&["&skip=", "&limit=", "&after=", "&q=", "&", "limit=", "&skip", "&%6cimit="][..]);
        let value =
            select(&["", "-1", "+1", "%31", "0", "7", "7.a", "101", "9223372036854775808"][..]).prop_map(str::to_owned);
        let text = vec(any::<char>(), 0..6).prop_map(String::from_iter);
        let pair = (name, prop_oneof![4 => value, 1 => text]).prop_map(|(name, value)| name.to_owned() + &value);
        vec(pair, 0..6).prop_map(|pairs| pairs.concat())
    }

    proptest! {
        #[test]
        fn any_query_is_read_within_the_bounds_or_refused_once_for_each_name(query in query()) {
            match read(&query) {
                Ok((skip, limit)) => prop_assert!(skip >= 0 && (0..=LIMIT).contains(&limit)),
                Err(broken) => {
                    let names: BTreeSet<_> = broken.iter().map(|(name, _)| name.as_str()).collect();
                    prop_assert!(!names.is_empty() && names.len() == broken.len());
                    prop_assert!(names.is_subset(&BTreeSet::from(["query.skip", "query.limit", "query.after", "query.q"])));
                }
            }
        }

        #[test]
        fn every_number_within_the_bounds_is_read(skip in 0..=i64::MAX, limit in 0..=LIMIT) {
            prop_assert_eq!(read(&format!("skip={skip}&limit={limit}")), Ok((skip, limit)));
        }
    }
}
