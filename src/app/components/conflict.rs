//! What is shown when somebody else has changed meanwhile what a form is about. Nothing that was typed is lost: it stands
//! beside what is saved now, and the person chooses.

use leptos::{html, prelude::*};

use crate::app::form::{Field, Form};

/// What is saved, what is typed, and the two ways out.
#[component]
pub fn Conflict(
    /// The form. What is saved now is in its fields already.
    form: Form,
    /// The label and the field of each value.
    fields: Vec<(&'static str, Field)>,
    /// Whether there is such a change. Each time that it is set to true, the keyboard focus comes here.
    is_outdated: RwSignal<bool>,
    /// Whether an answer is on its way.
    #[prop(into)]
    busy: Signal<bool>,
    /// Sends the form again. It is called when all fields are right.
    save: impl Fn() + Copy + Send + Sync + 'static,
    /// What follows when the fields are as it is saved.
    taken: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let fields = StoredValue::new(fields);
    let any_differs = Memo::new(move |_| fields.with_value(|fields| fields.iter().any(|(_, field)| differs(*field))));
    let take = move |_| {
        // What is being saved would come after it.
        if !busy.get_untracked() {
            form.reset();
            is_outdated.set(false);
            taken();
        }
    };
    let save = move |_| {
        if !busy.get_untracked() && form.check() {
            save();
        }
    };
    let save_button = move || {
        any_differs.get().then(|| {
            view! {
                <button type="button" class="quiet" aria-busy=move || busy.get().to_string() on:click=save>
                    <span class="spinner" aria-hidden="true"></span>
                    "Save mine"
                </button>
            }
        })
    };
    let values = move || {
        if !any_differs.get() {
            return view! { <p>"What you typed is what is saved now."</p> }.into_any();
        }
        view! {
            <table>
                <thead>
                    <tr>
                        <td></td>
                        <th scope="col">"Saved now"</th>
                        <th scope="col">"Yours"</th>
                    </tr>
                </thead>
                <tbody>{fields.get_value().into_iter().map(row).collect_view()}</tbody>
            </table>
        }
        .into_any()
    };
    let shown = move || {
        let group = NodeRef::<html::Div>::new();
        Effect::new(move || {
            if let Some(group) = group.get() {
                // After the form has given it back to its button. A page in the background may not take it.
                request_animation_frame(move || drop(group.focus()));
            }
        });
        view! {
            <div class="conflict" role="group" aria-label="Changed elsewhere" tabindex="-1" node_ref=group>
                <p role="alert">
                    "This was changed elsewhere meanwhile. Nothing was saved. What differs is marked: take what is saved now, or save yours."
                </p>
                {values}
                <div class="actions">
                    <button type="button" class="quiet" disabled=busy on:click=take>
                        "Take what is saved"
                    </button>
                    {save_button}
                </div>
            </div>
        }
    };
    (move || is_outdated.get().then(shown)).into_any()
}

/// Spaces around a text are no difference.
fn differs(field: Field) -> bool {
    field.text.with(|text| text.trim() != field.saved().trim())
}

/// A value as it is saved, and as it is typed.
fn row((label, field): (&'static str, Field)) -> impl IntoView {
    let cell = move |text: String| match (text.trim().is_empty(), differs(field)) {
        (true, _) => view! { <em>"nothing"</em> }.into_any(),
        (false, true) => view! {
            <bdi>
                <mark>{text}</mark>
            </bdi>
        }
        .into_any(),
        (false, false) => view! { <bdi>{text}</bdi> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">{label}</th>
            <td>{move || cell(field.saved())}</td>
            <td>{move || cell(field.text.get())}</td>
        </tr>
    }
    .into_any()
}
