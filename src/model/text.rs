//! The rules for texts that people write.

use super::BrokenRule;

/// A text of 1 to `most` characters on one line, without the spaces around it. `what` names it in the sentence.
///
/// # Errors
/// The rule that it breaks.
pub fn line(field: &'static str, what: &str, most: usize, text: &str) -> Result<String, BrokenRule> {
    let text = text.trim();
    if text.is_empty() {
        return Err(BrokenRule::too_short(field, format!("{what} has at least one character")));
    }
    if text.chars().count() > most {
        return Err(BrokenRule::too_long(field, format!("{what} has at most {most} characters")));
    }
    if text.chars().any(char::is_control) {
        return Err(BrokenRule::value(field, format!("{what} is one line, without control characters")));
    }
    Ok(text.to_owned())
}
