//! Questions before something is lost: "Delete this item?". One dialog in the frame shows them all.

use futures::channel::oneshot;
use leptos::prelude::*;

/// A question that is answered by going on or not.
#[derive(Clone, Debug)]
pub struct Question {
    /// What is asked: `Delete “Black umbrella”?`
    pub title: String,
    /// What will happen.
    pub text: String,
    /// What the button that goes on says: `Delete`.
    pub yes: &'static str,
    /// What the other button says: `Cancel`.
    pub no: &'static str,
    /// A word that must be typed first, for what cannot be undone.
    pub word: Option<String>,
}

/// The question that is open, and who waits for its answer.
#[derive(Clone, Copy)]
pub struct Ask(RwSignal<Option<(Question, oneshot::Sender<bool>)>>);

impl Ask {
    /// No question.
    pub fn new() -> Self {
        Self(RwSignal::new(None))
    }

    /// Asks the person. Returns whether to go on. A second question takes the place of the first.
    pub async fn ask(self, question: Question) -> bool {
        let (answered, answer) = oneshot::channel();
        if self.0.try_set(Some((question, answered))).is_some() {
            // The page is being left.
            return false;
        }
        answer.await.unwrap_or_default()
    }

    /// The question that is open. Views that read it follow its changes.
    pub fn open(self) -> Option<Question> {
        self.0.with(|open| open.as_ref().map(|(question, _)| question.clone()))
    }

    /// Answers the question that is open.
    pub fn answer(self, yes: bool) {
        if let Some((_, waiting)) = self.0.try_update(Option::take).flatten() {
            // Nobody waits any more if the page was left.
            let _ = waiting.send(yes);
        }
    }
}

/// The question before typed text is lost.
pub fn discard() -> Question {
    Question {
        title: "Leave without saving?".to_owned(),
        text: "What you changed here is not saved yet.".to_owned(),
        yes: "Leave",
        no: "Stay",
        word: None,
    }
}
