//! Items: reading which part of a list is requested.

use std::{fmt, num::IntErrorKind};

use utoipa::IntoParams;

use super::store::Place;
use crate::error::{ApiError, FieldError};

/// The requested part of a list: what comes after the entry `after`, without the first `skip` entries of it, and with at
/// most `limit` entries.
#[derive(Clone, Debug, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// How many entries to skip. The server counts them: in a long list, `after` is faster.
    #[param(required = false, minimum = 0, default = 0)]
    pub skip: i64,
    /// The most entries to return, at most 100.
    #[param(required = false, minimum = 0, maximum = 100, default = 100)]
    pub limit: i64,
    /// Where the previous page ended. The `Link` header of that page has it.
    #[param(required = false, value_type = String)]
    pub after: Option<Place>,
}

/// The form on the wire: `1764079200000.Umbrella`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.created_at, self.item_id)
    }
}

/// The most entries that one answer holds.
const LIMIT: i64 = 100;

impl Paging {
    /// Reads a query string, as FastAPI does. The last value of a name counts. Other names are ignored.
    ///
    /// # Errors
    /// A 422 that names each value that is malformed or out of range.
    pub fn read(query: &str) -> Result<Self, ApiError> {
        let mut paging = Self { skip: 0, limit: LIMIT, after: None };
        let mut broken = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let (name, read) = match name.as_ref() {
                "skip" => ("skip", count(&value, i64::MAX).map(|skip| paging.skip = skip)),
                "limit" => ("limit", count(&value, LIMIT).map(|limit| paging.limit = limit)),
                "after" => ("after", place(&value).map(|place| paging.after = Some(place))),
                _ => continue,
            };
            broken.retain(|field: &FieldError| !field.loc.contains(&name.into()));
            if let Err((kind, msg)) = read {
                broken.push(FieldError { loc: vec!["query".into(), name.into()], msg: msg.into(), kind: kind.into() });
            }
        }
        if broken.is_empty() { Ok(paging) } else { Err(ApiError::unprocessable(broken)) }
    }
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
fn place(text: &str) -> Result<Place, (&'static str, String)> {
    let read = |text: &str| {
        let (created_at, item_id) = text.split_once('.')?;
        Some(Place { created_at: created_at.parse().ok()?, item_id: item_id.to_owned() })
    };
    read(text).ok_or_else(|| ("value_error", "Value error, take this from the Link header of another page".to_owned()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::{collection::vec, prelude::*, sample::select};

    use super::*;
    use crate::error::Detail;

    fn read(query: &str) -> Result<(i64, i64), Vec<(String, String)>> {
        match Paging::read(query) {
            Ok(Paging { skip, limit, .. }) => Ok((skip, limit)),
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
            let place = Paging::read(&query).expect("a good query").after.expect("a place");
            assert_eq!(place.to_string(), text);
        }
        for query in ["after=", "after=1", "after=.Umbrella", "after=x.Umbrella", "after=9223372036854775808.a"] {
            assert_eq!(read(query), Err(vec![("query.after".to_owned(), "value_error".to_owned())]), "{query}");
        }
    }

    /// Arbitrary text, often made of the parts of such a query.
    fn query() -> impl Strategy<Value = String> {
        let name = select(&["&skip=", "&limit=", "&after=", "&", "limit=", "&skip", "&%6cimit="][..]);
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
                    prop_assert!(names.is_subset(&BTreeSet::from(["query.skip", "query.limit", "query.after"])));
                }
            }
        }

        #[test]
        fn every_number_within_the_bounds_is_read(skip in 0..=i64::MAX, limit in 0..=LIMIT) {
            prop_assert_eq!(read(&format!("skip={skip}&limit={limit}")), Ok((skip, limit)));
        }
    }
}
