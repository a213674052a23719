//! The dialog that shows the questions of [`Ask`].

use leptos::{
    ev::{Event, SubmitEvent},
    prelude::*,
};

use super::dialog::{is_there, modal};
use crate::app::ask::{Ask, Question};

/// Shows the question that is open.
#[component]
pub fn QuestionDialog() -> impl IntoView {
    let ask = expect_context::<Ask>();
    move || ask.open().map(|question| view! { <Opened question /> })
}

#[component]
fn Opened(question: Question) -> impl IntoView {
    let ask = expect_context::<Ask>();
    let dialog = modal();
    let Question { title, text, yes, no, word } = question;
    let typed = RwSignal::new(String::new());
    let is_ready = {
        let word = word.clone();
        move || word.as_ref().is_none_or(|word| typed.with(|typed| typed.trim() == word))
    };
    let submit = {
        let is_ready = is_ready.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            if untrack(&is_ready) {
                ask.answer(true);
            }
        }
    };
    let field = word.map(|word| {
        view! {
            <label for="question-word">"Type " <strong>{word}</strong> " to confirm"</label>
            <input
                id="question-word"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                on:input=move |event| typed.set(event_target_value(&event))
            />
        }
    });
    view! {
        <dialog
            class="dialog"
            role="alertdialog"
            node_ref=dialog
            aria-labelledby="question-title"
            aria-describedby="question-text"
            on:cancel=move |event: Event| {
                event.prevent_default();
                ask.answer(false);
            }
            on:close=move |_| {
                if is_there(dialog) {
                    ask.answer(false);
                }
            }
        >
            <form class="form" on:submit=submit>
                <h2 id="question-title">{title}</h2>
                <p id="question-text">{text}</p>
                {field}
                <div class="actions">
                    // The button that loses nothing comes first, so it has the focus.
                    <button type="button" class="quiet" on:click=move |_| ask.answer(false)>
                        {no}
                    </button>
                    <button type="submit" class="button danger" disabled=move || !is_ready()>
                        {yes}
                    </button>
                </div>
            </form>
        </dialog>
    }
    .into_any()
}
