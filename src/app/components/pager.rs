//! The pager below a list: which part is shown, and the way to any other part.

use leptos::prelude::*;
use web_sys::HtmlInputElement;

use crate::browser::locale;

/// Which part of a list is shown. Pages begin with 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The page.
    pub page: u32,
    /// How many entries a page has.
    pub size: u32,
    /// How many entries there are in all.
    pub count: i64,
}

impl Part {
    /// How many pages there are: one at least.
    pub fn pages(self) -> u32 {
        let size = i64::from(self.size.max(1));
        u32::try_from((self.count.max(1) + size - 1) / size).unwrap_or(u32::MAX)
    }

    /// The pages to link to: the first, the last, and those beside this one. 0 stands for a gap.
    fn links(self) -> Vec<u32> {
        let last = self.pages();
        let mut links = Vec::new();
        for page in [1, self.page.saturating_sub(1), self.page, self.page.saturating_add(1), last] {
            let previous = links.last().copied().unwrap_or_default();
            if page <= previous || page > last {
                continue;
            }
            if page > previous + 1 {
                // A gap of one page is that page.
                links.push(if page == previous + 2 { page - 1 } else { 0 });
            }
            links.push(page);
        }
        links
    }

    /// `21–40 of 10,000`.
    fn words(self) -> String {
        let first = i64::from(self.page - 1) * i64::from(self.size) + 1;
        let last = (first + i64::from(self.size) - 1).min(self.count);
        format!("{}–{} of {}", locale::number(first), locale::number(last), locale::number(self.count))
    }
}

/// The pager. Every page of the list can be reached.
#[component]
pub fn Pager(
    /// Which part is shown.
    part: Part,
    /// The address of a page of the list.
    href: impl Fn(u32) -> String + 'static,
    /// Goes to a page of the list.
    go: impl Fn(u32) + 'static,
    /// The sizes to choose from, and what happens when one is chosen.
    sizes: &'static [u32],
    /// Changes the size of a page.
    resize: impl Fn(u32) + 'static,
) -> impl IntoView {
    let pages = part.pages();
    let jump = move |event| {
        if let Ok(page) = event_target_value(&event).parse::<u32>() {
            let page = page.clamp(1, pages);
            // The field shows the page that comes, also if that is the one that is there.
            event_target::<HtmlInputElement>(&event).set_value(&page.to_string());
            go(page);
        }
    };
    // Not the router's `A`: it marks each link to the path of the current page as the current one.
    let link = |page: u32| match page {
        0 => view! { <li aria-hidden="true">"…"</li> }.into_any(),
        page if page == part.page => view! {
            <li>
                <span aria-current="page">{locale::number(page.into())}</span>
            </li>
        }
        .into_any(),
        page => view! {
            <li>
                <a href=href(page) aria-label=format!("Page {}", locale::number(page.into()))>
                    {locale::number(page.into())}
                </a>
            </li>
        }
        .into_any(),
    };
    let links = part.links().into_iter().map(link).collect_view();
    let step = |page: u32, name: &'static str| {
        if (1..=pages).contains(&page) {
            view! { <a href=href(page) class="step">{name}</a> }.into_any()
        } else {
            view! { <span class="step" aria-disabled="true">{name}</span> }.into_any()
        }
    };
    view! {
        <nav class="pager" aria-label="Parts of the list">
            <p class="hint">{part.words()}</p>
            {(pages > 1)
                .then(|| {
                    view! {
                        {step(part.page - 1, "Previous")}
                        <ol>{links}</ol>
                        {step(part.page + 1, "Next")}
                        <label class="jump">
                            "Page"
                            <input type="number" min="1" max=pages prop:value=part.page.to_string() inputmode="numeric" on:change=jump />
                        </label>
                    }
                })}
            <label class="size">
                "Show"
                <select on:change=move |event| {
                    if let Ok(size) = event_target_value(&event).parse() {
                        resize(size);
                    }
                }>
                    {sizes
                        .iter()
                        .map(|size| view! { <option value=*size prop:selected=*size == part.size>{*size}</option> })
                        .collect_view()}
                </select>
            </label>
        </nav>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_on_a_page() {
        let pages = |count| Part { page: 1, size: 20, count }.pages();
        assert_eq!([0, 1, 20, 21, 10_000].map(pages), [1, 1, 1, 2, 500]);
    }

    #[test]
    fn the_links_are_the_ends_and_the_neighbours() {
        let links = |page, count| Part { page, size: 10, count }.links();
        assert_eq!(links(1, 5), [1]);
        assert_eq!(links(1, 25), [1, 2, 3]);
        assert_eq!(links(1, 1000), [1, 2, 0, 100]);
        assert_eq!(links(3, 1000), [1, 2, 3, 4, 0, 100]);
        assert_eq!(links(50, 1000), [1, 0, 49, 50, 51, 0, 100]);
        assert_eq!(links(98, 1000), [1, 0, 97, 98, 99, 100]);
        assert_eq!(links(100, 1000), [1, 0, 99, 100]);
    }
}
