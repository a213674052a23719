//! Forms with changes that are not saved yet. Whoever leads away from a page asks here first.

use leptos::prelude::*;

/// The forms on the page.
#[derive(Clone, Copy)]
pub struct Unsaved {
    forms: RwSignal<Vec<(u32, Signal<bool>)>>,
    /// The number of the next form. No number is given twice: a form may go after the next one has come.
    next: StoredValue<u32>,
}

impl Unsaved {
    /// No forms.
    pub fn new() -> Self {
        Self { forms: RwSignal::new(Vec::new()), next: StoredValue::new(0) }
    }

    /// Watches a form, until its owner is gone. `is_changed` tells whether leaving would lose something.
    pub fn watch(self, is_changed: Signal<bool>) {
        let id = self.next.get_value();
        self.next.set_value(id + 1);
        self.forms.update(|forms| forms.push((id, is_changed)));
        on_cleanup(move || {
            self.forms.try_update(|forms| forms.retain(|(other, _)| *other != id));
        });
    }

    /// Whether leaving would lose something.
    pub fn is_any(self) -> bool {
        self.forms
            .with_untracked(|forms| forms.iter().any(|(_, is_changed)| is_changed.try_get_untracked() == Some(true)))
    }

    /// Forgets all forms: the person wants to leave.
    pub fn forget(self) {
        self.forms.update(Vec::clear);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_that_goes_does_not_take_a_newer_one_along() {
        Owner::new().with(|| {
            let unsaved = Unsaved::new();
            let old = Owner::new();
            old.with(|| unsaved.watch(Signal::stored(true)));
            assert!(unsaved.is_any());
            // The person leaves. The router makes the new page before it takes the old one away.
            unsaved.forget();
            let new = Owner::new();
            new.with(|| unsaved.watch(Signal::stored(true)));
            old.cleanup();
            assert!(unsaved.is_any());
            new.cleanup();
            assert!(!unsaved.is_any());
        });
    }
}
