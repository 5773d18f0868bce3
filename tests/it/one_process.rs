//! The tests that `tests/one-process` leaves out where several replicas are behind the address are there, and it says why.

use crate::tree;

#[test]
fn what_several_replicas_leave_out_is_named_with_its_reason() {
    let list = tree::read("tests/one-process");
    let lines = list.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut names = 0;
    for line in lines {
        let (name, reason) = line.split_once(' ').unwrap_or((line, ""));
        assert!(reason.split_whitespace().count() >= 2, "{name} has no reason");
        assert!(is_there(name), "{name} leaves nothing out");
        names += 1;
    }
    assert!(names > 10, "the list has {names} names");
    let makefile = tree::read("Makefile");
    assert!(makefile.contains("tests/one-process"), "nobody reads the list");
}

/// Is there a module of this name, `a::b::`, or a test that begins so, `a::b::begins_so`?
fn is_there(name: &str) -> bool {
    let (modules, test) = name.rsplit_once("::").unwrap_or_else(|| panic!("{name} names no module"));
    let path = modules.replace("::", "/");
    let own = [".rs", "/mod.rs"].map(|end| format!("tests/it/{path}{end}"));
    let begins = format!("fn {test}");
    tree::texts()
        .iter()
        .any(|text| own.contains(&text.path) && (test.is_empty() || text.body.contains(&begins)))
}
