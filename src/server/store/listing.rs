//! What the lists have in common: the part that is asked for, how it is read, and the pattern of a search.

use super::{
    connection::{Connection, Row},
    error::StoreError,
    sql::Sql,
};

/// The part of a list that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing<Place> {
    /// What the entries contain, in any case of letters. `None` for all entries.
    pub search: Option<String>,
    /// The place after which the part begins. `None` for the beginning of the list.
    pub after: Option<Place>,
    /// How many entries to skip from there.
    pub skip: i64,
    /// The most entries.
    pub limit: i64,
}

/// A part of a list, as the database has it.
#[derive(Debug, PartialEq, Eq)]
pub struct Listed<R, Place> {
    /// The entries.
    pub rows: Vec<R>,
    /// How many entries match in all.
    pub count: i64,
    /// The place where this part ends, if there are more entries.
    pub more_after: Option<Place>,
}

/// A list: its SQL.
pub struct List<R, Place> {
    /// The columns of a row.
    pub columns: &'static str,
    /// The table.
    pub table: &'static str,
    /// The number of all rows. Followed by the owner's id, if there is one.
    pub total: &'static str,
    /// The order, and the same order backwards.
    pub order: [&'static str; 2],
    /// The same for a search on PostgreSQL that finds few: see [`FEW`].
    pub order_of_few: [&'static str; 2],
    /// The condition of the rows that come after a place.
    pub after: fn(&mut Sql, &Place),
    /// The place of a row.
    pub place: fn(&R) -> Place,
}

/// So many rows are sorted at once. PostgreSQL does not know how many rows a search finds, and the program has counted them. To
/// find few of many rows, the index of trigrams is best. To find many, it is best to read in the list's order until the page is
/// full. PostgreSQL would choose that for few rows too, and read the whole table: so it must not see that an index has the order.
const FEW: i64 = 10_000;

impl<R: Row, Place> List<R, Place> {
    /// Reads a part of the list, and counts the whole. `owner` is the id of the user whose rows they are.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn read(
        &self,
        mut connection: Connection<'_>,
        owner: Option<&str>,
        listing: &Listing<Place>,
    ) -> Result<Listed<R, Place>, StoreError> {
        let Listing { search, after, skip, limit } = listing;
        let select = |columns| {
            let mut select = Sql::new("SELECT ");
            select.push(columns).push(" FROM ").push(self.table).push(" WHERE TRUE");
            if let Some(owner) = owner {
                select.push(" AND owner_id = ").push_value(owner);
            }
            if let Some(words) = search {
                select.push(" AND search_text LIKE ").push_value(pattern(words)).push(r" ESCAPE '\'");
                select.plan_anew();
            }
            select
        };
        let counting = match search {
            Some(_) => select("COUNT(*)"),
            None => {
                let mut total = Sql::new(self.total);
                if let Some(owner) = owner {
                    total.push_value(owner);
                }
                total
            }
        };
        // One state of the database for both queries.
        let mut snapshot = connection.snapshot().await?;
        let is_postgres = matches!(snapshot.connection(), Connection::Postgres(_));
        let counted: Option<(i64,)> = snapshot.connection().optional(counting).await?;
        // Without an owner there is nothing.
        let count = counted.map_or(0, |(count,)| count);
        let mut part = select(self.columns);
        let window = match after {
            None => Window::new(count, *skip, *limit),
            Some(place) => {
                part.push(" AND ");
                (self.after)(&mut part, place);
                // One more than asked for tells whether there are more.
                Window { from_the_end: false, offset: *skip, limit: limit.saturating_add(1) }
            }
        };
        let finds_few = is_postgres && search.is_some() && count <= FEW;
        let [forwards, backwards] = if finds_few { self.order_of_few } else { self.order };
        part.push(" ORDER BY ").push(if window.from_the_end { backwards } else { forwards });
        // `+ 0`: with a parameter alone after LIMIT, SQLite would prepare the statement anew for each value.
        part.push(" LIMIT ").push_value(window.limit).push(" + 0 OFFSET ").push_value(window.offset);
        let mut rows: Vec<R> = snapshot.connection().all(part).await?;
        snapshot.end().await?;
        let length = |rows: &Vec<R>| i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let has_more = match after {
            None => skip.saturating_add(length(&rows)) < count,
            Some(_) => length(&rows) > *limit,
        };
        if has_more && after.is_some() {
            rows.pop();
        }
        if window.from_the_end {
            rows.reverse();
        }
        let more_after = rows.last().filter(|_| has_more).map(self.place);
        Ok(Listed { rows, count, more_after })
    }
}

/// How the database reads a part of a list that has no place to begin at. Skipping takes time for each entry, so the
/// second half of a list is read from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Whether the entries are read from the end.
    pub from_the_end: bool,
    /// How many entries to skip.
    pub offset: i64,
    /// How many entries to read.
    pub limit: i64,
}

impl Window {
    /// The window on a list of `count` entries, without the first `skip` of them.
    pub fn new(count: i64, skip: i64, limit: i64) -> Self {
        let limit = limit.min(count.saturating_sub(skip)).max(0);
        let from_the_end = skip > count / 2;
        // Within the list, as `limit` is.
        let offset = if limit == 0 {
            0
        } else if from_the_end {
            count - skip - limit
        } else {
            skip
        };
        Self { from_the_end, offset, limit }
    }
}

/// A pattern of `LIKE … ESCAPE '\'` for texts in lower case that contain `words`.
pub fn pattern(words: &str) -> String {
    let mut pattern = "%".to_owned();
    for c in small_letters(words) {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern + "%"
}

/// Stands between the texts that a search looks in. No text has it, and no search may ask for it.
const SEPARATOR: &str = "\u{1f}";

/// The text that a search looks in.
pub fn search_text<const N: usize>(texts: [Option<&str>; N]) -> String {
    small_letters(&texts.map(Option::unwrap_or_default).join(SEPARATOR)).collect()
}

/// A text in lower case, each letter by itself. `str::to_lowercase` makes of a Greek Σ another letter at the end of a word,
/// and a search would not find its beginning.
fn small_letters(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase).map(|c| if c == 'ς' { 'σ' } else { c })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_window_shows_the_same_entries_from_either_end(count in 0..50_i64, skip in 0..60_i64, limit in 0..20_i64) {
            let list: Vec<i64> = (0..count).collect();
            let part = |list: Vec<i64>, skip: i64, limit: i64| -> Vec<i64> {
                let (skip, limit) = (usize::try_from(skip).unwrap(), usize::try_from(limit).unwrap());
                list.into_iter().skip(skip).take(limit).collect()
            };
            let window = Window::new(count, skip, limit);
            let read = if window.from_the_end {
                let backward = list.iter().rev().copied().collect();
                part(backward, window.offset, window.limit).into_iter().rev().collect()
            } else {
                part(list.clone(), window.offset, window.limit)
            };
            prop_assert!(window.offset <= count / 2 + 1);
            prop_assert_eq!(read, part(list, skip, limit));
        }
    }

    #[test]
    fn the_largest_numbers_are_no_trouble() {
        assert_eq!(Window::new(3, i64::MAX, 100).limit, 0);
        assert_eq!(Window::new(i64::MAX, i64::MAX - 1, 100).limit, 1);
    }

    #[test]
    fn the_signs_of_a_pattern_stand_for_themselves() {
        assert_eq!(pattern(r"50%_\Ä"), r"%50\%\_\\ä%");
    }
}
