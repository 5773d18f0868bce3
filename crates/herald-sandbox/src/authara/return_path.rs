//! Where a sign-in leads: relative paths only, normalised, query and fragment kept. All of it measured.

/// The `Location` for a `return_to`.
pub(crate) fn return_path(return_to: Option<&str>) -> String {
    let Some(path) = return_to.filter(|path| is_relative(path)) else {
        return "/".to_owned();
    };
    let end = path.find(['?', '#']).unwrap_or(path.len());
    let (path, rest) = path.split_at(end);
    format!("{}{rest}", cleaned(path))
}

fn is_relative(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && !path.chars().any(char::is_control)
}

/// Without empty, `.` and `..` segments, as Go's `path.Clean` does it.
fn cleaned(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    format!("/{}", segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::return_path;

    #[test]
    fn only_relative_paths_are_followed_and_they_are_normalised() {
        for (asked, location) in [
            ("/herald/callback/t/c/abc?x=1&y=%2F#z", "/herald/callback/t/c/abc?x=1&y=%2F#z"),
            ("/a/../b", "/b"),
            ("/../../etc", "/etc"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example/", "/"),
            ("evil", "/"),
            ("", "/"),
            ("/a\r\nSet-Cookie: x", "/"),
        ] {
            assert_eq!(return_path(Some(asked)), location, "{asked}");
        }
        assert_eq!(return_path(None), "/");
    }
}
