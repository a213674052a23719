//! The UI's files, as a page names them. The server knows their versions, and the document in `app` uses them.

use std::collections::HashMap;

/// The addresses of the UI's files. Each has a version that changes with the file, so a browser may cache it for as
/// long as it likes.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// The stylesheet.
    pub css: String,
    /// The text of the stylesheet, in two parts. It is within the page, so the first paint waits for no other file.
    pub style: Style,
    /// Whether `cargo leptos watch` runs the server. It exchanges the stylesheet while a page is open, so the
    /// stylesheet must be a file of its own then.
    pub is_watched: bool,
    /// The JavaScript around the WASM.
    pub js: String,
    /// The JavaScript that loads the WASM that `cargo leptos --split` split off.
    pub loader: String,
    /// The WASM that every page loads.
    pub wasm: String,
    /// What `cargo leptos --split` split off: the WASM files of each split, by its name. Splits share some files.
    pub splits: HashMap<String, Vec<String>>,
    /// The icon.
    pub icon: String,
    /// The import map (HTML Standard, "Import maps"). The scripts import each other by their plain names. The map leads
    /// these to the addresses above.
    pub import_map: String,
}

impl Files {
    /// The WASM files of these splits, each once.
    pub fn of_splits(&self, splits: &[&str]) -> Vec<String> {
        let mut files: Vec<String> = Vec::new();
        for file in splits.iter().filter_map(|split| self.splits.get(*split)).flatten() {
            if !files.contains(file) {
                files.push(file.clone());
            }
        }
        files
    }
}

/// The stylesheet, cut where `style/behind_the_login.css` is.
#[derive(Clone, Debug, Default)]
pub struct Style {
    /// What every page needs.
    pub everywhere: String,
    /// What only the pages behind the login need.
    pub behind_the_login: String,
}

/// The script without the lines that are comments, and without indentation. Browsers need neither. A comment between `/*`
/// and `*/` is one line.
pub fn without_comments(script: &str) -> String {
    let lines = script.lines().map(str::trim).filter(|line| !line.starts_with("//") && !line.starts_with("/*"));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_two_splits_share_is_named_once() {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let files = Files {
            splits: HashMap::from([
                ("frame".to_owned(), names(&["shared", "frame"])),
                ("page".to_owned(), names(&["page", "shared"])),
            ]),
            ..Files::default()
        };
        assert_eq!(files.of_splits(&["frame", "page"]), names(&["shared", "frame", "page"]));
        assert_eq!(files.of_splits(&["page"]), names(&["page", "shared"]));
        assert!(files.of_splits(&[]).is_empty() && files.of_splits(&["another"]).is_empty());
    }

    #[test]
    fn comments_are_not_sent_to_browsers_and_code_is() {
        assert_eq!(
            without_comments("// Why.\n/* a, b */\nlet a = 1;\n  // And why.\n  b(); // b\n"),
            "let a = 1;\nb(); // b"
        );
    }
}
