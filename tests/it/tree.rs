//! The files of this repository, as the tests about the code itself see them.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A text file of the repository.
#[derive(Debug)]
pub(crate) struct Text {
    /// From the root, with `/` between its parts.
    pub(crate) path: String,
    /// What it says.
    pub(crate) body: String,
}

impl Text {
    /// A made-up file, for the tests of the rules.
    pub(crate) fn of(path: &str, body: &str) -> Self {
        Self { path: path.to_owned(), body: body.to_owned() }
    }

    /// Does its name end like this?
    pub(crate) fn is(&self, extension: &str) -> bool {
        self.path.strip_suffix(extension).is_some_and(|rest| rest.ends_with('.'))
    }
}

/// What is not ours to judge, or not text: build output, data, the repository's own database.
const LEFT_OUT: [&str; 5] = ["target", ".git", "data", ".dev", "node_modules"];
/// What counts as text that people wrote.
const TEXTS: [&str; 9] = ["rs", "md", "toml", "sh", "html", "css", "js", "yaml", "yml"];

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package lies below the root").to_owned()
}

/// Every text file.
pub(crate) fn texts() -> Vec<Text> {
    let root = root();
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the repository can be read") {
            let entry = entry.expect("an entry of a folder can be read");
            let (path, name) = (entry.path(), entry.file_name());
            let kind = entry.file_type().expect("an entry has a type");
            let is_left_out = LEFT_OUT.iter().any(|left_out| name == *left_out);
            if kind.is_dir() && !is_left_out {
                folders.push(path);
            } else if kind.is_file() && is_text(&path) {
                // Another test may be rewriting a generated file in this moment.
                let Ok(body) = fs::read_to_string(&path) else { continue };
                let path = path.strip_prefix(&root).expect("it was found below the root");
                found.push(Text::of(&path.to_string_lossy().replace('\\', "/"), &body));
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// The text at `path`, from the root.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn is_text(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    path.file_name().is_some_and(|name| name == "Makefile" || name == "Dockerfile")
        || extension.is_some_and(|extension| TEXTS.contains(&extension))
}
