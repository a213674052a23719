//! The fields of a form, and its frame.

use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    app::{
        form::{Field, Form},
        new_password::Hint,
    },
    browser,
};

/// A form: its fields, what is wrong with it as a whole, and a button that sends it.
#[component]
pub fn FormFrame(
    /// The form.
    form: Form,
    /// What the button says: `Save`.
    label: &'static str,
    /// What the button says while the answer is on its way: `Saving…`.
    busy_label: &'static str,
    /// Whether the answer is on its way.
    #[prop(into)]
    busy: Signal<bool>,
    /// Whether the button can be pressed only when something was changed.
    #[prop(optional)]
    only_if_changed: bool,
    /// Sends the form. It is called when all fields are right.
    #[prop(into)]
    submit: UnsyncCallback<()>,
    /// What stands beside the button.
    #[prop(optional, into)]
    beside: ViewFn,
    /// The fields.
    children: Children,
) -> impl IntoView {
    let is_idle = move || only_if_changed && !form.is_changed();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if !busy.get_untracked() && !untrack(is_idle) && form.check() {
            submit.run(());
        }
    };
    let button_id = form.button_id();
    // A button that is disabled loses the keyboard focus. When the answer is there, it gets it back.
    Effect::new({
        let button_id = button_id.clone();
        move |was_busy: Option<bool>| {
            if was_busy == Some(true) && !busy.get() {
                let button_id = button_id.clone();
                request_animation_frame(move || browser::focus_if_lost(&button_id));
            }
            busy.get()
        }
    });
    view! {
        // The rules are those of `model`, and not the browser's own.
        <form class="form" novalidate on:submit=submit aria-busy=move || busy.get().to_string()>
            {children()}
            <div class="alert" role="alert">
                {move || form.problem.get().map(|problem| view! { <p class="problem">{problem}</p> })}
            </div>
            <div class="actions">
                {beside.run()}
                <button type="submit" class="button" id=button_id disabled=move || busy.get() || is_idle()>
                    <span class="spinner" aria-hidden="true"></span>
                    {move || if busy.get() { busy_label } else { label }}
                </button>
            </div>
        </form>
    }
    .into_any()
}

/// A field with a label. What is wrong is shown below it, when the field is left and when the form is sent.
#[component]
pub fn TextField(
    /// The field.
    field: Field,
    /// The label.
    label: &'static str,
    /// What the field is for, below the label.
    #[prop(optional, into)]
    hint: Option<String>,
    /// The kind of the input: `text` or `email`.
    #[prop(default = "text")]
    kind: &'static str,
    /// What a browser may fill in: a value of HTML's `autocomplete`.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// Whether the field may stay empty. The label says so.
    #[prop(optional)]
    optional: bool,
    /// Whether it is a name: it has no spelling to check, and stays as it is typed.
    #[prop(optional)]
    is_name: bool,
    /// Whether it has several lines.
    #[prop(optional)]
    lines: bool,
) -> impl IntoView {
    let input = move |event| {
        field.text.set(event_target_value(&event));
        // A problem that was shown goes away as soon as it is mended.
        if field.problem.with_untracked(Option::is_some) {
            field.check();
        }
    };
    let is_wrong = move || field.is_wrong().then_some("true");
    let id = field.id();
    let described_by = format!("{id}-hint {id}-problem");
    // Names and codes stay as they are typed.
    let spelling = if kind == "text" && autocomplete == "off" && !is_name { "true" } else { "false" };
    let element = if lines {
        view! {
            <textarea
                id=id.clone()
                name=field.name
                rows="4"
                dir="auto"
                aria-describedby=described_by
                aria-invalid=is_wrong
                prop:value=field.text
                on:input=input
                on:blur=move |_| field.leave()
            ></textarea>
        }
        .into_any()
    } else {
        view! {
            <input
                id=id.clone()
                name=field.name
                type=kind
                dir="auto"
                autocomplete=autocomplete
                autocapitalize=if spelling == "false" { "none" } else { "sentences" }
                spellcheck=spelling
                aria-describedby=described_by
                aria-invalid=is_wrong
                aria-required=(!optional).then_some("true")
                prop:value=field.text
                on:input=input
                on:blur=move |_| field.leave()
            />
        }
        .into_any()
    };
    view! {
        <div class="field">
            <label for=id.clone()>{label} {optional.then(|| view! { <span class="hint">" (optional)"</span> })}</label>
            {element}
            <p class="hint" id=format!("{id}-hint")>{hint}</p>
            <Problem field />
        </div>
    }
    .into_any()
}

/// What is wrong with a field.
#[component]
pub fn Problem(field: Field) -> impl IntoView {
    view! {
        <p class="field-problem" id=format!("{}-problem", field.id())>
            {move || field.problem.try_get().flatten()}
        </p>
    }
}

/// A password's field, with a button that shows what was typed.
#[component]
pub fn PasswordField(
    /// The field.
    field: Field,
    /// The label.
    label: &'static str,
    /// What is said about the password while it is typed, in plain words.
    #[prop(optional, into)]
    hint: Option<Hint>,
    /// `current-password` or `new-password`, for password managers.
    autocomplete: &'static str,
) -> impl IntoView {
    let shown = field.is_shown;
    let id = field.id();
    let input = move |event| {
        field.text.set(event_target_value(&event));
        if field.problem.with_untracked(Option::is_some) {
            field.check();
        }
    };
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <div class="password">
                <input
                    id=id.clone()
                    name=field.name
                    type=move || if shown.get() { "text" } else { "password" }
                    autocomplete=autocomplete
                    autocapitalize="none"
                    spellcheck="false"
                    aria-describedby=format!("{id}-hint {id}-problem")
                    aria-invalid=move || field.is_wrong().then_some("true")
                    aria-required="true"
                    prop:value=field.text
                    on:input=input
                    on:blur=move |_| field.leave()
                />
                <button
                    type="button"
                    class="small"
                    aria-controls=id.clone()
                    aria-label=move || if shown.get() { "Hide password" } else { "Show password" }
                    on:click=move |_| shown.update(|shown| *shown = !*shown)
                >
                    {move || if shown.get() { "Hide" } else { "Show" }}
                </button>
            </div>
            <p class="hint" id=format!("{id}-hint")>{hint.map(|hint| hint.text)}</p>
            {hint.map(|hint| view! { <p class="unseen" role="status">{hint.verdict}</p> })}
            <Problem field />
        </div>
    }
    .into_any()
}
