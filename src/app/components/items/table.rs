//! The items, one a row.

use leptos::prelude::*;

use super::{row::Row, shown::Shown};

/// The table.
#[component]
pub fn Table(
    /// What the list shows.
    shown: Shown,
    /// Whether a newer answer is on its way.
    is_pending: Signal<bool>,
    /// Whether the user may change the items.
    may_write: Signal<bool>,
    /// Edits the item with this id.
    edit: Callback<String>,
) -> impl IntoView {
    view! {
        <table
            class="table item-table"
            role="table"
            aria-label="Items"
            aria-busy=move || is_pending.get().to_string()
        >
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" class="item-title">
                        "Title"
                    </th>
                    <th role="columnheader">"Description"</th>
                    <th role="columnheader" class="item-id">
                        "Number"
                    </th>
                    {move || {
                        may_write
                            .get()
                            .then(|| {
                                view! {
                                    <th role="columnheader" class="item-actions">
                                        "Actions"
                                    </th>
                                }
                            })
                    }}
                </tr>
            </thead>
            <tbody role="rowgroup">
                <For each=move || shown.ids().unwrap_or_default() key=String::clone let:id>
                    <Row id shown may_write edit />
                </For>
            </tbody>
        </table>
    }
    .into_any()
}
