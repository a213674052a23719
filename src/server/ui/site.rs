//! The site: the folder of the UI's files. Every client can read these files, so the folder must not contain a secret.

use std::{
    collections::HashSet,
    ffi::OsStr,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// A secret file is in the site, or would be created there. The message is one line.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// The site contains the folder that the program runs in.
    #[error(
        "leptos.site-root {0} contains the folder that the program runs in, and everybody may read the site: name the \
         folder of the UI's files only"
    )]
    TooMuch(PathBuf),
    /// The site has more files than a UI has.
    #[error("leptos.site-root {0} has too many files to check them all: name the folder of the UI's files only")]
    TooMany(PathBuf),
    /// A secret file is in the site.
    #[error("{what} {path} is inside leptos.site-root, which everybody may read: move one of them")]
    Exposed {
        /// What the file is: `the database`.
        what: &'static str,
        /// Where it is.
        path: PathBuf,
    },
}

/// How many files and links are checked at most.
const MOST_FILES: usize = 20_000;

/// Checks that no client can download the files in `secrets`. Each file has a description. Links are followed: the real
/// path counts, also for a file that does not exist yet.
///
/// # Errors
/// [`SiteError`].
pub fn check(site_root: &Path, secrets: &[(&'static str, PathBuf)]) -> Result<(), SiteError> {
    let root = real_path(site_root);
    if real_path(Path::new(".")).starts_with(&root) {
        return Err(SiteError::TooMuch(site_root.to_owned()));
    }
    let exposed = |(what, path): &(&'static str, PathBuf)| SiteError::Exposed { what, path: path.clone() };
    let mut served = Served { files: HashSet::new(), places: vec![root.clone()], seen: HashSet::new() };
    if !served.collect(&root) {
        return Err(SiteError::TooMany(site_root.to_owned()));
    }
    match secrets.iter().find(|(_, path)| served.contains(path)) {
        Some(secret) => Err(exposed(secret)),
        None => Ok(()),
    }
}

/// What clients can download.
struct Served {
    /// Single files, by what they are: those in the site and in folders that links lead to.
    files: HashSet<Identity>,
    /// Paths below which everything is served: the site, and what links lead to, whether it exists yet or not.
    places: Vec<PathBuf>,
    /// The folders that were visited.
    seen: HashSet<Identity>,
}

impl Served {
    /// Adds what is below `folder`, and follows links. `false` if that is more than a site has.
    fn collect(&mut self, folder: &Path) -> bool {
        if !identity(folder).is_some_and(|folder| self.seen.insert(folder)) {
            return true;
        }
        // The program cannot serve a folder that it cannot read.
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_symlink()) {
                self.places.push(real_path(&path));
            }
            if path.is_dir() {
                if !self.collect(&path) {
                    return false;
                }
            } else {
                self.files.extend(identity(&path));
            }
            if self.files.len() + self.seen.len() + self.places.len() > MOST_FILES {
                return false;
            }
        }
        true
    }

    fn contains(&self, path: &Path) -> bool {
        let real = real_path(path);
        self.places.iter().any(|place| real.starts_with(place))
            || identity(path).is_some_and(|file| self.files.contains(&file))
    }
}

/// The path without links, `.` and `..`. The part that does not exist yet is kept as it is.
fn real_path(path: &Path) -> PathBuf {
    real_path_within(path, 40)
}

/// `links` is how many more broken links are followed.
fn real_path_within(path: &Path, links: u8) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    let parent = match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => return path.to_owned(),
    };
    match path.read_link() {
        // `join` keeps an absolute target as it is.
        Ok(target) if links > 0 => real_path_within(&parent.join(target), links - 1),
        _ => {
            let mut real = real_path_within(parent, links);
            match path.components().next_back().map(|last| last.as_os_str()) {
                Some(last) if last == OsStr::new("..") => drop(real.pop()),
                Some(last) => real.push(last),
                None => {}
            }
            real
        }
    }
}

/// A file's device and inode: equal for all paths of one file.
type Identity = (u64, u64);

fn identity(path: &Path) -> Option<Identity> {
    fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A temporary folder with a site in it.
    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("a temporary folder");
            fs::create_dir_all(folder.path().join("site/pkg")).expect("a folder");
            fs::create_dir_all(folder.path().join("data")).expect("a folder");
            Self(folder)
        }

        fn path(&self, path: &str) -> PathBuf {
            self.0.path().join(path)
        }

        fn exposes(&self, secret: &str) -> bool {
            check(&self.path("site"), &[("the secret", self.path(secret))]).is_err()
        }
    }

    #[test]
    fn a_file_beside_the_site_is_safe_and_one_inside_is_not_whether_it_exists_or_not() {
        let folder = Folder::new();
        for safe in ["x.db", "data/x.db", "data/deep/er/x.db", "site.db", "sites/x.db", "site/../x.db"] {
            assert!(!folder.exposes(safe), "{safe}");
        }
        for inside in ["site/x.db", "site/data/x.db", "site/no/folder/x.db", "data/../site/x.db", "no/../site/x.db"] {
            assert!(folder.exposes(inside), "{inside}");
        }
        fs::write(folder.path("site/x.db"), "").expect("a file");
        assert!(folder.exposes("site/x.db"));
    }

    #[test]
    fn links_do_not_hide_a_file_that_is_inside() {
        let folder = Folder::new();
        symlink("../site/real.db", folder.path("data/x.db")).expect("a link");
        assert!(folder.exposes("data/x.db"), "the file does not exist yet");
        fs::write(folder.path("site/real.db"), "").expect("a file");
        assert!(folder.exposes("data/x.db"), "the file exists");
        symlink(folder.path("site"), folder.path("elsewhere")).expect("a link");
        assert!(folder.exposes("elsewhere/new/x.db"), "the folder is a link");
        symlink("loop-b", folder.path("data/loop-a")).expect("a link");
        symlink("loop-a", folder.path("data/loop-b")).expect("a link");
        assert!(!folder.exposes("data/loop-a"), "a loop leads nowhere");
    }

    #[test]
    fn links_in_the_site_do_not_hide_a_file_that_is_outside() {
        let folder = Folder::new();
        fs::write(folder.path("data/x.db"), "").expect("a file");
        symlink("../data", folder.path("site/data")).expect("a link");
        assert!(folder.exposes("data/x.db"), "a link to its folder");
        let folder = Folder::new();
        fs::write(folder.path("data/x.db"), "").expect("a file");
        fs::hard_link(folder.path("data/x.db"), folder.path("site/pkg/x")).expect("a link");
        assert!(folder.exposes("data/x.db"), "a hard link");
        let folder = Folder::new();
        symlink("..", folder.path("site/pkg/up")).expect("a link to the site itself");
        assert!(!folder.exposes("data/x.db"), "outside all the same");
        symlink("../..", folder.path("site/pkg/higher")).expect("a link to the folder around the site");
        assert!(folder.exposes("data/x.db"), "a file that does not exist yet");
        let folder = Folder::new();
        symlink("../../data/x.key", folder.path("site/pkg/n")).expect("a link");
        assert!(folder.exposes("data/x.key"), "a link to a file that does not exist yet");
        symlink("../../new", folder.path("site/pkg/m")).expect("a link");
        assert!(folder.exposes("new/x.key"), "a link to a folder that does not exist yet");
        let folder = Folder::new();
        fs::create_dir(folder.path("other")).expect("a folder");
        symlink("../../other", folder.path("site/pkg/a")).expect("a link");
        symlink("../data", folder.path("other/b")).expect("a link");
        assert!(folder.exposes("data/x.key"), "a link in a folder that a link leads to");
        fs::write(folder.path("x.key"), "").expect("a file");
        fs::hard_link(folder.path("x.key"), folder.path("other/c")).expect("a link");
        assert!(folder.exposes("x.key"), "a hard link there");
    }

    #[test]
    fn a_site_with_the_programs_own_folder_inside_is_refused() {
        for root in [".", "..", "/"] {
            assert!(matches!(check(Path::new(root), &[]), Err(SiteError::TooMuch(_))), "{root}");
        }
        assert!(check(Path::new("no-such-folder"), &[]).is_ok());
    }
}
