//! docs/clients.md uses what is in the OpenAPI document, by its names there: operations, schemas, members.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::tree;

/// Names in the examples that the generators give, not the document.
const OF_GENERATORS: [&str; 6] = [
    "herald_client",
    "base_url",
    "APIClient",
    "ContextAccessToken",
    "GenericOpenAPIError",
    "ServerConfigurations",
];

/// What a generated client has its names from.
struct Document {
    paths: Value,
    /// What the schemas are called.
    schemas: BTreeSet<String>,
    /// What operations are called, as Python writes it, with their tag before them.
    operations: BTreeSet<(String, String)>,
    /// What members of schemas are called.
    members: BTreeSet<String>,
}

impl Document {
    fn read() -> Self {
        let document: Value = serde_json::from_str(&tree::read("openapi/herald.v1.json")).expect("JSON");
        let all = document["components"]["schemas"].as_object().expect("schemas");
        let members = |schema: &Value| {
            let members = schema["properties"].as_object().cloned().unwrap_or_default();
            members.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        let paths = document["paths"].clone();
        let each = paths
            .as_object()
            .expect("paths")
            .values()
            .filter_map(Value::as_object)
            .flat_map(|path| path.values());
        let name = |operation: &Value| {
            let text = |member: &Value| member.as_str().expect("a name").to_owned();
            (text(&operation["tags"][0]), snake_case(&text(&operation["operationId"])))
        };
        Self {
            schemas: all.keys().cloned().collect(),
            operations: each.map(name).collect(),
            members: all.values().flat_map(members).collect(),
            paths,
        }
    }

    fn has_operation(&self, tag: Option<&str>, name: &str) -> bool {
        self.operations
            .iter()
            .any(|(its_tag, its_name)| tag.is_none_or(|tag| its_tag == tag) && its_name == name)
    }
}

#[test]
fn the_examples_name_what_the_document_has() {
    let (page, document) = (tree::read("docs/clients.md"), Document::read());
    let [ts, python, go] = ["ts", "python", "go"].map(|language| block(&page, language));
    let faults =
        [unknown_calls(ts, &document), unknown_imports(python, &document), unknown_types(go, &document)]
            .concat();
    assert!(faults.is_empty(), "docs/clients.md: {faults:?}");
    for code in [ts, python] {
        let unknown = unknown_members(code, &document);
        assert!(unknown.is_empty(), "docs/clients.md: {unknown:?}");
    }
    for (code, call) in [
        (ts, "herald.POST(\"/v1/logins\""),
        (python, "api.logins import claim_login"),
        (go, "LoginsAPI.StartLogin("),
    ] {
        assert!(code.contains(call), "the calls are written otherwise than they are looked for: {code}");
    }
}

/// The one block of code in this language.
fn block<'a>(page: &'a str, language: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("```{language}\n")).unwrap_or_else(|| panic!("no {language}"));
    rest.split_once("\n```").expect("its end").0
}

/// `herald.POST("/v1/logins"` is a method and a path.
fn unknown_calls(code: &str, document: &Document) -> Vec<String> {
    let calls = code.split("herald.").skip(1).filter_map(|rest| rest.split_once("(\""));
    let calls = calls.filter(|(method, _)| method.chars().all(|c| c.is_ascii_uppercase()));
    let calls =
        calls.map(|(method, rest)| (method.to_ascii_lowercase(), rest.split('"').next().unwrap_or_default()));
    let unknown = calls.filter(|(method, path)| !document.paths[path][method].is_object());
    unknown.map(|(method, path)| format!("{method} {path}")).collect()
}

/// `from herald_client.api.logins import start_login` is a tag and its operations, `….models` are schemas, or the type of one.
fn unknown_imports(code: &str, document: &Document) -> Vec<String> {
    let mut unknown = Vec::new();
    for import in code.split("from herald_client.").skip(1) {
        let (module, rest) = import.split_once(" import ").expect("an import");
        let names = match rest.strip_prefix('(') {
            Some(rest) => rest.split(')').next(),
            None => rest.lines().next(),
        };
        let names = names.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
        let is_known = |name: &&str| match module.strip_prefix("api.") {
            Some(tag) => document.has_operation(Some(tag), name),
            None => document.schemas.contains(name.strip_suffix("Type").unwrap_or(name)),
        };
        unknown.extend(names.filter(|name| !is_known(name)).map(|name| format!("{module}.{name}")));
    }
    unknown
}

/// `herald.Login` that ends so is a schema, `LoginsAPI.GetLogin(` an operation.
fn unknown_types(code: &str, document: &Document) -> Vec<String> {
    let word = |rest: &str| rest.chars().take_while(char::is_ascii_alphanumeric).collect::<String>();
    let values = code
        .split("herald.")
        .skip(1)
        .filter_map(|rest| rest.split_once(['{', ',', ')']).map(|(name, _)| name));
    let types = values.filter(|name| name.chars().all(|c| c.is_ascii_alphanumeric()));
    let types = types.filter(|name| !OF_GENERATORS.contains(name));
    let unknown = types.filter(|name| !document.schemas.contains(*name)).map(str::to_owned);
    let calls =
        code.split("API.").skip(1).map(word).filter(|name| !document.has_operation(None, &snake_case(name)));
    unknown.chain(calls).collect()
}

/// Words with a `_` that are neither members nor operations.
fn unknown_members(code: &str, document: &Document) -> Vec<String> {
    let words = code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let words = words
        .filter(|word| word.trim_matches('_').contains('_') && word.chars().any(|c| c.is_ascii_lowercase()));
    let is_known = |word: &&str| {
        OF_GENERATORS.contains(word) || document.members.contains(*word) || document.has_operation(None, word)
    };
    words.filter(|word| !is_known(word)).map(str::to_owned).collect()
}

/// `StartLogin` and `startLogin` as `start_login`.
fn snake_case(name: &str) -> String {
    let mut words = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !words.is_empty() {
            words.push('_');
        }
        words.push(c.to_ascii_lowercase());
    }
    words
}

#[test]
fn a_name_that_the_document_lacks_is_found() {
    let document = Document::read();
    let bad_calls =
        "herald.POST(\"/v1/login\", x); herald.GET(\"/v1/logins/{id}\"); herald.PUT(\"/v1/logins\")";
    assert_eq!(unknown_calls(bad_calls, &document), ["post /v1/login", "put /v1/logins"]);
    let bad_imports = "from herald_client.api.logins import start_login, begin_login\nfrom herald_client.models import (\n  \
        Claim, Claims,\n)\nfrom herald_client.api.sessions import start_login\n";
    assert_eq!(
        unknown_imports(bad_imports, &document),
        ["api.logins.begin_login", "models.Claims", "api.sessions.start_login"]
    );
    let bad_types = "herald.Login{} *herald.Logon, herald.NewConfiguration() x.LoginsAPI.StartLogin(y) x.LoginsAPI.BeginLogin(y)";
    assert_eq!(unknown_types(bad_types, &document), ["Logon", "BeginLogin"]);
    assert_eq!(
        unknown_members("body.claim_secret, body.claim_word, type_, HERALD_URL", &document),
        ["claim_word"]
    );
}
