//! Addresses that somebody might want a browser to be sent to: made from what is known to fool those who compare addresses,
//! each trick at every place where it can stand. The same ones in every run.

mod tricks;

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;
use url::Url;

use self::tricks::{AFTER_HOST, ALIKE, BEFORE_HOST, DOTS, INVISIBLE, SCHEMES, SLASHES};

/// Where the tricks lead.
pub(crate) const EVIL: &str = "evil.example";

/// All of them, for whom `home` is the one good address, as they are and with one layer of escapes taken away, as by somebody who
/// decodes before looking. `home` is not among them.
pub(crate) fn addresses(home: &str) -> BTreeSet<String> {
    let url = Url::parse(home).expect("an absolute address");
    let host = url.host_str().expect("a host");
    let families = [
        slashes(),
        dots(),
        invisible(home),
        hosts(&url, host),
        look_alikes(&url, host),
        schemes(),
        paths(home, &url),
        split_headers(),
    ];
    let raw: BTreeSet<String> = families.into_iter().flatten().collect();
    assert!(raw.len() > 1_000, "{}", raw.len());
    let unescaped = raw.iter().map(|address| percent_decode_str(address).decode_utf8_lossy().into_owned());
    let mut all: BTreeSet<String> = unescaped.collect();
    all.extend(raw);
    all.remove(home);
    all
}

/// Another host without a scheme, behind any two or three slashes.
fn slashes() -> Vec<String> {
    let mut all = Vec::new();
    for first in SLASHES {
        for second in SLASHES {
            all.push(format!("{first}{second}{EVIL}"));
            all.push(format!("/{first}{second}{EVIL}/x"));
            all.push(format!("https:{first}{second}{EVIL}"));
        }
    }
    all
}

/// The same behind segments that go away.
fn dots() -> Vec<String> {
    let mut all = Vec::new();
    for dots in DOTS {
        for slash in SLASHES {
            all.push(format!("/{dots}/{slash}{EVIL}"));
            all.push(format!("/{dots}{slash}{slash}{EVIL}"));
            all.push(format!("/a/{dots}{slash}/{EVIL}"));
        }
        all.push(format!("{dots}//{EVIL}"));
        all.push(format!("/{dots}/{dots}/{dots}//{EVIL}"));
    }
    all
}

/// Something that is not seen, at the beginning, the end and every place between where it might matter.
fn invisible(home: &str) -> Vec<String> {
    let mut all = Vec::new();
    for text in INVISIBLE {
        for base in [
            &format!("//{EVIL}"),
            &format!("/\\{EVIL}"),
            &format!("https://{EVIL}/"),
            "javascript:alert(1)",
            home,
        ] {
            for place in [0, 1, 2, 4, 5, 6, 7, 8, base.len()] {
                let (before, after) = base.split_at(place);
                all.push(format!("{before}{text}{after}"));
            }
        }
        all.push(format!("/{text}/{text}{EVIL}"));
        all.push(format!("{text}{text}//{EVIL}"));
    }
    all
}

/// A good host where it is none: a user, a path, a query, a fragment, a part of another.
fn hosts(home: &Url, host: &str) -> Vec<String> {
    let path = home.path();
    let mut all: Vec<String> =
        BEFORE_HOST.into_iter().map(|between| format!("https://{host}{between}{EVIL}{path}")).collect();
    for between in AFTER_HOST {
        all.push(format!("https://{EVIL}{between}{host}{path}"));
        all.push(format!("https://{EVIL}{between}@{host}{path}"));
        all.push(format!("//{EVIL}{between}{host}{path}"));
    }
    for other in [
        &format!("{host}.{EVIL}"),
        &format!("{host}{EVIL}"),
        &format!("{EVIL}.{host}"),
        &format!("x{host}"),
        &format!("{host}."),
        &format!("{host}.."),
        &format!(".{host}"),
        &format!("{host}%2e"),
        &format!("%2e{host}"),
        &format!("xn--{host}"),
        &format!("[{host}]"),
        &format!("{host}:444"),
        &format!("{host}:443"),
        &format!("{host}:0443"),
        &format!("{host}:"),
        &format!("{host}:80"),
        &format!("{host}:65536"),
        &format!("{host}:-1"),
        &format!("{host}:٤٤٣"),
        "2130706433",
        "0x7f.1",
        "017700000001",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "①②⑦.⓪.⓪.①",
        "localhost",
        "",
    ] {
        all.extend(["https", "http", "HTTPS"].map(|scheme| format!("{scheme}://{other}{path}")));
        all.push(format!("//{other}{path}"));
    }
    all
}

/// The good host, spelt otherwise.
fn look_alikes(home: &Url, host: &str) -> Vec<String> {
    let with = |host: String| format!("https://{host}{}", home.path());
    let mut all = vec![with(host.to_uppercase()), with(host.replace('.', ".."))];
    for (place, letter) in host.char_indices() {
        let (before, after) = (&host[..place], &host[place + letter.len_utf8()..]);
        let alike = ALIKE.iter().filter(|(known, _)| *known == letter).flat_map(|(_, others)| others.chars());
        all.extend(alike.map(|other| with(format!("{before}{other}{after}"))));
        // Full-width, upper case, escaped.
        let wide = char::from_u32(u32::from(letter) + 0xfee0).filter(|_| letter.is_ascii_graphic());
        all.extend(wide.map(|wide| with(format!("{before}{wide}{after}"))));
        all.push(with(format!("{before}%{:02x}{after}", u32::from(letter))));
        if letter == '.' {
            all.extend(
                ["。", "．", "｡", "%e3%80%82", "%252e", ".\u{200b}"]
                    .map(|dot| with(format!("{before}{dot}{after}"))),
            );
        } else {
            all.push(with(format!("{before}{}{after}", letter.to_ascii_uppercase())));
        }
    }
    all
}

/// What is no address of a page, in every spelling.
fn schemes() -> Vec<String> {
    let mut all = vec!["data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==".to_owned()];
    for scheme in SCHEMES {
        let mixed: String = scheme
            .char_indices()
            .map(|(place, letter)| if place % 2 == 0 { letter } else { letter.to_ascii_uppercase() })
            .collect();
        let split = format!("{}\t{}", &scheme[..2], &scheme[2..]);
        for spelling in [scheme, &scheme.to_uppercase(), &mixed, &split] {
            for rest in [
                ":alert(1)",
                "://x/%0aalert(1)",
                ":/evil.example",
                ":evil.example",
                ":///evil.example",
                "%3a//evil.example",
                "&colon;alert(1)",
            ] {
                all.push(format!("{spelling}{rest}"));
            }
        }
    }
    all
}

/// The good address with something more, less, or written otherwise.
fn paths(home: &str, url: &Url) -> Vec<String> {
    let origin = url.origin().ascii_serialization();
    let path = url.path().trim_start_matches('/');
    let mut all: Vec<String> = [
        "#",
        "#x",
        "?",
        "?x",
        "&x",
        "/",
        "//",
        "/.",
        "/..",
        "/../",
        "/../../",
        "/x",
        ";x",
        "%00",
        "%20",
        "%23",
        "%2f",
        "%3f",
        "\\",
        " ",
        "\n",
        "@evil.example",
        ".evil.example",
        "?next=//evil.example",
        "&login_id=log_1",
        "%0d%0aX:%20y",
        "/..;/x",
    ]
    .into_iter()
    .map(|more| format!("{home}{more}"))
    .collect();
    for before in ["//", "/./", "/x/../", "/%2e/", "/%2e%2e/", "/\\", "\\", "/;/", "", "?", "#", ":443/"] {
        all.push(format!("{origin}{before}{path}"));
    }
    all.extend(
        ["", "/", "/other", "//evil.example", "\\\\evil.example"].map(|path| format!("{origin}{path}")),
    );
    all.push(format!("{origin}/{}", path.to_uppercase()));
    all.push(format!("/{path}"));
    all.push(path.to_owned());
    all.push(format!("{home}{}", "a".repeat(5_000)));
    all.push(format!("/{}", "a/".repeat(2_500)));
    all
}

/// Ends of lines that would begin a header of their own.
fn split_headers() -> Vec<String> {
    let breaks = [
        "\r\n",
        "\n",
        "\r",
        "%0d%0a",
        "%0a",
        "%0d",
        "%250d%250a",
        "嘊嘍",
        "%e5%98%8a%e5%98%8d",
        "\u{2028}",
        "%u000a",
    ];
    let lines = [format!("Location: https://{EVIL}/"), "Set-Cookie: a=b".to_owned()];
    let mut all = Vec::new();
    for end in breaks {
        for line in &lines {
            all.extend([format!("/{end}{line}"), format!("/x{end}{end}{line}"), format!("{end}{line}")]);
        }
    }
    all
}
