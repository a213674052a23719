//! The part of the list that is wanted, as the query of the page's address says it.

use form_urlencoded::Serializer;

/// The sizes of a page to choose from.
pub const SIZES: &[u32] = &[10, 20, 50, 100];
/// The size that is not said in the address.
const DEFAULT_SIZE: u32 = 20;
/// The longest search that the API takes, in characters.
pub const LONGEST_SEARCH: usize = 255;

/// What is wanted. Pages begin with 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The search; empty for the whole list.
    pub q: String,
    /// The page.
    pub page: u32,
    /// How many items a page has.
    pub size: u32,
}

impl Wanted {
    /// Reads a query. What makes no sense in it has its default. `remembered` is the size that was chosen last on this
    /// device. It counts on the first page only: another page, without a size in its address, is one of the default size
    /// for everybody who follows the link.
    pub fn read(query: &str, remembered: Option<u32>) -> Self {
        let mut wanted = Self { q: String::new(), page: 1, size: 0 };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "q" => wanted.q = searchable(&value),
                "page" => wanted.page = value.parse().unwrap_or(1).max(1),
                "size" => wanted.size = value.parse().ok().filter(|size| SIZES.contains(size)).unwrap_or_default(),
                _ => {}
            }
        }
        if wanted.size == 0 {
            wanted.size = default_size(wanted.page, remembered);
        }
        wanted
    }

    /// The address that is read as this. Defaults are left out.
    pub fn address(&self, path: &str, remembered: Option<u32>) -> String {
        let mut query = Serializer::new(String::new());
        if !self.q.is_empty() {
            query.append_pair("q", &self.q);
        }
        if self.page > 1 {
            query.append_pair("page", &self.page.to_string());
        }
        if self.size != DEFAULT_SIZE || self.size != default_size(self.page, remembered) {
            query.append_pair("size", &self.size.to_string());
        }
        with_query(path, &query.finish())
    }

    /// The address of the API for this part.
    pub fn request(&self, api: &str) -> String {
        let mut query = Serializer::new(String::new());
        if !self.q.is_empty() {
            query.append_pair("q", &self.q);
        }
        let skip = u64::from(self.page - 1) * u64::from(self.size);
        query.append_pair("skip", &skip.to_string()).append_pair("limit", &self.size.to_string());
        with_query(api, &query.finish())
    }

    /// The same place of the list with another size of its pages.
    pub fn resized(&self, size: u32) -> Self {
        let first = u64::from(self.page - 1) * u64::from(self.size);
        let page = u32::try_from(first / u64::from(size.max(1)) + 1).unwrap_or(1);
        Self { q: self.q.clone(), page, size }
    }
}

fn with_query(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

fn default_size(page: u32, remembered: Option<u32>) -> u32 {
    remembered.filter(|size| page == 1 && SIZES.contains(size)).unwrap_or(DEFAULT_SIZE)
}

/// What of a text can be searched for: it has no spaces around it and no control characters, and is not too long.
pub fn searchable(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    text.trim().chars().take(LONGEST_SEARCH).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(q: &str, page: u32, size: u32) -> Wanted {
        Wanted { q: q.to_owned(), page, size }
    }

    #[test]
    fn what_makes_no_sense_has_its_default() {
        for query in ["", "q=", "page=0", "page=-1", "page=x&size=x", "size=0", "size=21", "other=1", "q=+&&="] {
            assert_eq!(Wanted::read(query, None), wanted("", 1, 20), "{query}");
        }
        assert_eq!(Wanted::read("q=a%00b+&page=3&size=50", None), wanted("ab", 3, 50));
        assert_eq!(Wanted::read("page=99999999999", None), wanted("", 1, 20));
        assert_eq!(Wanted::read(&format!("q={}", "ä".repeat(300)), None).q.chars().count(), LONGEST_SEARCH);
    }

    #[test]
    fn an_address_is_read_as_what_was_written() {
        for remembered in [None, Some(10), Some(20), Some(50), Some(7)] {
            for q in ["", "umbrella", "50 % & more+", "%25", "مظلة"] {
                for page in [1, 2, u32::MAX] {
                    for size in SIZES {
                        let wanted = wanted(q, page, *size);
                        let address = wanted.address("/x", remembered);
                        let query = address.split_once('?').map_or("", |(_, query)| query);
                        assert_eq!(Wanted::read(query, remembered), wanted, "{address} {remembered:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn defaults_are_left_out_of_the_address() {
        assert_eq!(wanted("", 1, 20).address("/my-items", None), "/my-items");
        assert_eq!(wanted("umbrella", 3, 50).address("/my-items", Some(50)), "/my-items?q=umbrella&page=3&size=50");
        assert_eq!(wanted("", 1, 20).address("/my-items", Some(50)), "/my-items?size=20");
    }

    #[test]
    fn the_api_is_asked_for_the_same_part() {
        assert_eq!(wanted("", 1, 20).request("/items"), "/items?skip=0&limit=20");
        assert_eq!(wanted("a&b", 3, 50).request("/items"), "/items?q=a%26b&skip=100&limit=50");
    }

    #[test]
    fn another_size_keeps_the_first_item_on_the_page() {
        assert_eq!(wanted("", 3, 20).resized(10), wanted("", 5, 10));
        assert_eq!(wanted("", 5, 10).resized(100), wanted("", 1, 100));
    }
}
