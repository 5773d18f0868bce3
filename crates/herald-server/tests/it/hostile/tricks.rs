//! The pieces that hostile addresses are made of.

/// What counts as a slash to somebody: as it is, escaped, escaped twice, look-alikes, an overlong encoding.
pub(super) const SLASHES: [&str; 18] = [
    "/",
    "\\",
    "%2f",
    "%2F",
    "%5c",
    "%5C",
    "%252f",
    "%252F",
    "%255c",
    "%25252f",
    "／",
    "⁄",
    "∕",
    "＼",
    "⧵",
    "%ef%bc%8f",
    "%c0%af",
    "&#47;",
];
/// What somebody skips, or stops at.
pub(super) const INVISIBLE: [&str; 30] = [
    " ",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\0",
    "\x08",
    "\x0b",
    "\x0c",
    "\x1b",
    "\x1f",
    "\x7f",
    "\u{85}",
    "\u{a0}",
    "\u{ad}",
    "\u{180e}",
    "\u{200b}",
    "\u{200d}",
    "\u{2028}",
    "\u{2060}",
    "\u{3000}",
    "\u{feff}",
    "%00",
    "%09",
    "%0a",
    "%0d%0a",
    "%20",
    "%2509",
    "%250d%250a",
    "+",
];
/// What stands for one or two dots.
pub(super) const DOTS: [&str; 12] =
    [".", "..", "%2e", "%2e%2e", ".%2e", "%2E.", "%252e%252e", "..;", "..%00", "．．", "%c0%ae%c0%ae", "..."];
/// What may end the host, or what comes before it.
pub(super) const BEFORE_HOST: [&str; 20] = [
    "@", ":@", ":443@", ":x@y@", "@@", "%40", "%2540", "＠", "/@", "\\@", "?@", "#@", ";@", "&@", "%00@",
    "%0d%0a@", " @", "\t@", "[@", "%5c@",
];
pub(super) const AFTER_HOST: [&str; 18] = [
    "/", "\\", "?", "#", "%23", "%2523", "%3f", "%2f", "%5c", ";", "&", ":80/", ":/", ".", "%00", "%0a",
    "\t", "＃",
];
pub(super) const SCHEMES: [&str; 18] = [
    "javascript",
    "data",
    "vbscript",
    "file",
    "blob",
    "filesystem",
    "view-source",
    "ftp",
    "ws",
    "wss",
    "about",
    "jar",
    "intent",
    "mailto",
    "tel",
    "livescript",
    "http",
    "https",
];
/// What the letters of a host are replaced with, by letters that look the same.
pub(super) const ALIKE: [(char, &str); 10] = [
    ('a', "аɑα"),
    ('c', "сϲ"),
    ('e', "еҽ"),
    ('h', "һ"),
    ('i', "іı"),
    ('k', "кκ"),
    ('l', "ⅼ1I"),
    ('m', "мⅿ"),
    ('o', "оο0"),
    ('p', "рρ"),
];
