//! The UI's files under versioned addresses: `/pkg/cloakroom.wasm?v=…`. The version is a hash of the file. So a browser
//! may keep each file for as long as it likes, and fetches only the files that changed.

use std::{
    collections::HashMap,
    fs,
    hash::{DefaultHasher, Hasher},
    path::Path,
    sync::Arc,
};

use axum::http::Uri;

use crate::{
    files::{Files, without_comments},
    server::settings::LeptosSettings,
};

/// cargo-leptos gives this name to the script that loads the WASM that `--split` split off.
const LOADER: &str = "__wasm_split.______________________.js";

/// The files and their versions.
#[derive(Debug)]
pub struct Assets {
    /// The addresses that a page uses.
    pub files: Arc<Files>,
    /// The version of each path.
    versions: HashMap<String, String>,
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

        // Within a page, `</` could end the style.
        let style = String::from_utf8(on_disk(&main("css"))).unwrap_or_default().replace("</", "<\\/");
        let loader_path = in_package(LOADER);
        let mut loader_text = without_comments(&String::from_utf8(on_disk(&loader_path)).unwrap_or_default());
        let mut split_off = Vec::new();
        for name in wasm_names(&loader_text) {
            let path = in_package(&name);
            let content = on_disk(&path);
            let address = address(path, &content);
            let version = address.rsplit('?').next().unwrap_or_default();
            loader_text = loader_text.replace(&format!("\"./{name}\""), &format!("\"./{name}?{version}\""));
            split_off.push(address);
        }
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
                split_off,
                import_map,
                is_watched: std::env::var_os("LEPTOS_WATCH").is_some(),
            }),
            versions,
            loader: (loader_path, loader_text),
        }
    }

    /// Whether the build was split: `cargo leptos build --split`. If it was not, no page of the UI works.
    pub fn is_split(&self) -> bool {
        !self.files.split_off.is_empty()
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
        (uri.path() == path && self.is_split()).then(|| text.clone())
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

/// The names of the files that the loader fetches, each as `"./name.wasm"`.
fn wasm_names(loader: &str) -> Vec<String> {
    let texts = loader.split('"').filter_map(|text| text.strip_prefix("./"));
    texts.filter(|name| name.ends_with(".wasm")).map(str::to_owned).collect()
}
