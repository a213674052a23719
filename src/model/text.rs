//! The rules for texts that people write.

use super::BrokenRule;

/// The longest text on one line, in characters.
const LINE: usize = 255;

/// A text of 1 to 255 characters on one line, without the spaces around it. `what` names it in the sentence.
///
/// # Errors
/// The rule that it breaks.
pub fn line(field: &'static str, what: &str, text: &str) -> Result<String, BrokenRule> {
    let text = text.trim();
    if text.is_empty() {
        return Err(BrokenRule::too_short(field, format!("{what} has at least one character")));
    }
    if text.chars().count() > LINE {
        return Err(BrokenRule::too_long(field, format!("{what} has at most {LINE} characters")));
    }
    if text.chars().any(char::is_control) {
        return Err(BrokenRule::value(field, format!("{what} is one line, without control characters")));
    }
    Ok(text.to_owned())
}
