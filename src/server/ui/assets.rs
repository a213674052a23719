//! The UI's files under versioned addresses: `/pkg/cloakroom.wasm?v=…`. The version is a hash of the file. So a browser
//! may keep each file for as long as it likes, and fetches only the files that changed.

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    hash::{DefaultHasher, Hasher},
    path::Path,
    sync::Arc,
};

use axum::http::Uri;

use crate::{
    files::{Files, Style, without_comments},
    server::settings::LeptosSettings,
};

/// cargo-leptos gives this name to the script that loads the WASM that `--split` split off.
const LOADER: &str = "__wasm_split.______________________.js";

/// cargo-leptos lists here which files a split needs: `{"account": ["chunk_8", "split_account"]}`.
const MANIFEST: &str = "__wasm_split_manifest.json";

/// The rule of `style/behind_the_login.css`, as it is after the build. It has no effect; the stylesheet is cut there.
const CUT: &str = "@layer behind-the-login;";

/// The files and their versions.
#[derive(Debug)]
pub struct Assets {
    /// The addresses that a page uses.
    pub files: Arc<Files>,
    /// The version of each path.
    versions: HashMap<String, String>,
    /// Whether the build was split: `cargo leptos build --split`. If it was not, no page of the UI works.
    pub is_split: bool,
    /// The path of the loader, and its text. It names each WASM with its version, which the file on the disk does not.
    loader: (String, String),
}

impl Assets {
    /// Reads the files at the start. A missing file counts as empty: `main` warns about it.
    pub fn read(leptos: &LeptosSettings) -> Self {
        let root = Path::new(&leptos.site_root);
        let in_package = |name: &str| format!("/{}/{name}", leptos.site_pkg_dir);
        let mut versions = HashMap::new();
        let mut address = |path: String, content: &[u8]| {
            let version = version(content);
            let address = format!("{path}?v={version}");
            versions.insert(path, version);
            address
        };
        let on_disk = |path: &str| fs::read(root.join(path.trim_start_matches('/'))).unwrap_or_default();
        let main = |ending: &str| in_package(&format!("{}.{ending}", leptos.output_name));
        let [css, js, wasm, icon] = [main("css"), main("js"), main("wasm"), "/favicon.svg".to_owned()]
            .map(|path| (on_disk(&path), path))
            .map(|(content, path)| address(path, &content));

        let style = cut(&String::from_utf8(on_disk(&main("css"))).unwrap_or_default());
        let loader_path = in_package(LOADER);
        let mut loader_text = without_comments(&String::from_utf8(on_disk(&loader_path)).unwrap_or_default());
        // They come from one link and fit each other only, so they have one version. That also keeps the loader small.
        let names = wasm_names(&loader_text);
        let contents: Vec<u8> = names.iter().flat_map(|name| on_disk(&in_package(name))).collect();
        let together = version(&contents);
        let mut split_off = HashMap::new();
        for name in names {
            let address = address(in_package(&name), together.as_bytes());
            let version = address.rsplit('?').next().unwrap_or_default();
            loader_text = loader_text.replace(&format!("\"./{name}\""), &format!("\"./{name}?{version}\""));
            split_off.insert(name, address);
        }
        let splits = splits(&on_disk(&in_package(MANIFEST)), &split_off);
        let loader = address(loader_path.clone(), loader_text.as_bytes());
        let plain = |address: &str| address.split('?').next().unwrap_or_default().to_owned();
        let imports = HashMap::from([(plain(&js), &js), (plain(&loader), &loader)]);
        let import_map = serde_json::json!({ "imports": imports }).to_string();
        Self {
            files: Arc::new(Files {
                css,
                style,
                js,
                loader,
                wasm,
                icon,
                splits,
                import_map,
                is_watched: std::env::var_os("LEPTOS_WATCH").is_some(),
            }),
            versions,
            is_split: !split_off.is_empty(),
            loader: (loader_path, loader_text),
        }
    }

    /// The version that an address asks for.
    pub fn asked_version(&self, uri: &Uri) -> Asked {
        match (uri.query().and_then(|query| query.strip_prefix("v=")), self.versions.get(uri.path())) {
            (Some(asked), Some(present)) if asked == present => Asked::Present,
            (Some(_), Some(_)) => Asked::Other,
            _ => Asked::Any,
        }
    }

    /// The text of the loader, if this is its address.
    pub fn loader(&self, uri: &Uri) -> Option<String> {
        let (path, text) = &self.loader;
        (uri.path() == path && self.is_split).then(|| text.clone())
    }
}

/// Which version of a file an address asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The one that is there.
    Present,
    /// Another one, of an earlier or a later build. The WASM files of two builds do not fit together.
    Other,
    /// The address names no version.
    Any,
}

/// A version for this content.
fn version(content: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(content);
    format!("{:016x}", hasher.finish())
}

/// The names of the files that the loader fetches, each once. It names them as `"./name.wasm"`.
fn wasm_names(loader: &str) -> BTreeSet<String> {
    let texts = loader.split('"').filter_map(|text| text.strip_prefix("./"));
    texts.filter(|name| name.ends_with(".wasm")).map(str::to_owned).collect()
}

/// The addresses of the files of each split. A manifest that cannot be read counts as empty: the pages then fetch the
/// files one after the other.
fn splits(manifest: &[u8], addresses: &HashMap<String, String>) -> HashMap<String, Vec<String>> {
    let names: HashMap<String, Vec<String>> = serde_json::from_slice(manifest).unwrap_or_default();
    let address = |name: String| addresses.get(&format!("{name}.wasm")).cloned();
    names.into_iter().map(|(split, names)| (split, names.into_iter().filter_map(address).collect())).collect()
}

/// The two parts of the stylesheet. Without the cut, every page gets the whole.
fn cut(stylesheet: &str) -> Style {
    // Within a page, `</` could end the style.
    let stylesheet = stylesheet.replace("</", "<\\/");
    match stylesheet.split_once(CUT) {
        Some((everywhere, behind)) => Style { everywhere: everywhere.to_owned(), behind_the_login: behind.to_owned() },
        None => Style { everywhere: stylesheet, behind_the_login: String::new() },
    }
}
