//! The UI's files, as a page names them. The server knows their versions, and the document in `app` uses them.

/// The addresses of the UI's files. Each has a version that changes with the file, so a browser may cache it for as
/// long as it likes.
#[derive(Clone, Debug)]
pub struct Files {
    /// The stylesheet.
    pub css: String,
    /// The text of the stylesheet. It is within the page, so the first paint waits for no other file.
    pub style: String,
    /// Whether `cargo leptos watch` runs the server. It exchanges the stylesheet while a page is open, so the
    /// stylesheet must be a file of its own then.
    pub is_watched: bool,
    /// The JavaScript around the WASM.
    pub js: String,
    /// The JavaScript that loads the second WASM.
    pub loader: String,
    /// The WASM that every page loads.
    pub wasm: String,
    /// What `cargo leptos --split` split off: the WASM of the pages for those who are signed in.
    pub split_off: Vec<String>,
    /// The icon.
    pub icon: String,
    /// The import map (HTML Standard, "Import maps"). The scripts import each other by their plain names. The map leads
    /// these to the addresses above.
    pub import_map: String,
}

/// The script without the lines that are comments, and without indentation. Browsers need neither.
pub fn without_comments(script: &str) -> String {
    let lines = script.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_not_sent_to_browsers_and_code_is() {
        assert_eq!(without_comments("// Why.\nlet a = 1;\n  // And why.\n  b(); // b\n"), "let a = 1;\nb(); // b");
    }
}
