//! Reading the file: TOML, then each section by its shape, then the meaning of it all.

use std::{collections::BTreeMap, error::Error, fmt, path::Path};

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Checker, Config, ConnectionSection, Environment, Finding, ServerSection, StoreSection, Tenant,
    TenantSection, unique,
};

/// The whole file.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    /// Where Herald listens, and how the outside reaches it.
    pub server: ServerSection,
    /// Where Herald keeps what it must not forget.
    #[serde(default)]
    pub store: StoreSection,
    /// The tenants by id.
    #[serde(default)]
    pub tenants: BTreeMap<String, TenantSection>,
}

/// A configuration that can be used.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What it means.
    pub config: Config,
    /// What stands in the file, defaults filled in.
    pub file: ConfigFile,
    /// What works, but perhaps not as the operator thinks.
    pub warnings: Vec<Finding>,
}

/// A configuration that cannot be used.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Everything that is wrong with it; at least one.
    pub faults: Vec<Finding>,
    /// What else was noticed.
    pub warnings: Vec<Finding>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration has faults")?;
        self.faults.iter().try_for_each(|fault| write!(f, "; {fault}"))
    }
}

impl Error for Refused {}

/// Reads and checks the file at `path`, with the secrets that it points to.
pub fn load(path: &Path) -> Result<Loaded, Refused> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let message = format!("the file {} cannot be read: {error}", path.display());
        Refused { faults: vec![Finding { path: String::new(), message }], warnings: Vec::new() }
    })?;
    parse(&text, &|name| std::env::var(name).ok())
}

/// Reads and checks a configuration.
pub fn parse(text: &str, environment: Environment<'_>) -> Result<Loaded, Refused> {
    let mut check = Checker::new(environment);
    let checked = sections(&mut check, text).and_then(|sections| meaning(&mut check, sections));
    match checked {
        Some((config, file)) if check.faults.is_empty() => {
            Ok(Loaded { config, file, warnings: check.warnings })
        }
        _ => Err(Refused { faults: check.faults, warnings: check.warnings }),
    }
}

/// The sections that have the right shape.
struct Sections {
    server: Option<ServerSection>,
    store: Option<StoreSection>,
    tenants: BTreeMap<String, TenantSection>,
}

/// Reads every section by its shape. One that has another shape is left out and has its fault; the others are looked at.
fn sections(check: &mut Checker<'_>, text: &str) -> Option<Sections> {
    let mut table: toml::Table =
        toml::from_str(text).map_err(|error| check.fault(not_toml(text, &error))).ok()?;
    // What is allowed elsewhere depends on this one key, also when the rest of its section cannot be read.
    let development = table.get("server").and_then(|server| server.get("development"));
    check.is_development = development.and_then(toml::Value::as_bool).unwrap_or(false);
    let server = if let Some(value) = table.remove("server") {
        check.at("server", |check| check.read(value))
    } else {
        check.fault_at("server", "missing");
        None
    };
    let store = table
        .remove("store")
        .map_or_else(|| Some(StoreSection::default()), |value| check.at("store", |check| check.read(value)));
    let mut tenants = BTreeMap::new();
    for (id, value) in entries(check, "tenants", table.remove("tenants")) {
        let tenant = check.at(&format!("tenants.{id}"), |check| read_tenant(check, value));
        tenants.extend(tenant.map(|tenant| (id, tenant)));
    }
    for key in table.keys() {
        check.fault_at(key, "there is no such section; expected `server`, `store` or `tenants`");
    }
    Some(Sections { server, store, tenants })
}

fn read_tenant(check: &mut Checker<'_>, mut value: toml::Value) -> Option<TenantSection> {
    let connections = value.as_table_mut().and_then(|table| table.remove("connections"));
    let connections = entries(check, "connections", connections);
    let mut tenant: Option<TenantSection> = check.read(value);
    for (name, value) in connections {
        let section = check.at(&format!("connections.{name}"), |check| ConnectionSection::read(check, value));
        let Some(tenant) = &mut tenant else { continue };
        match section {
            Some(section) => {
                tenant.connections.insert(name, section);
            }
            None => tenant.unreadable.push(name),
        }
    }
    tenant
}

/// The entries of a table of named sections.
fn entries(check: &mut Checker<'_>, key: &str, value: Option<toml::Value>) -> toml::Table {
    match value {
        None => toml::Table::new(),
        Some(toml::Value::Table(table)) => table,
        Some(_) => {
            check.fault_at(key, "not a table");
            toml::Table::new()
        }
    }
}

/// What the sections mean, one by one and together.
fn meaning(check: &mut Checker<'_>, sections: Sections) -> Option<(Config, ConfigFile)> {
    let Sections { server: server_section, store: store_section, tenants: tenant_sections } = sections;
    let mut seen = unique::Seen::default();
    let server = server_section
        .as_ref()
        .and_then(|section| check.at("server", |check| section.check(check, &mut seen.keys)));
    let store = store_section.as_ref().and_then(|section| check.at("store", |check| section.check(check)));
    let tenants: Vec<Tenant> = tenant_sections
        .iter()
        .filter_map(|(id, section)| {
            check.at(&format!("tenants.{id}"), |check| section.check(check, id, server.as_ref(), &mut seen))
        })
        .collect();
    unique::check_accounts(check, &tenants);
    let has_sites = tenant_sections.values().any(|tenant| !tenant.sites.is_empty());
    if has_sites && server.as_ref().is_some_and(|server| server.trusted_proxies.is_empty()) {
        let nobody = "empty: no proxy may ask for the sites of the tenants, so nobody gets in";
        check.at("server.trusted_proxies", |check| check.warn(nobody));
    }
    if tenant_sections.is_empty() {
        check.at("tenants", |check| check.warn("there is none: nobody can use this server"));
    }
    let file = ConfigFile { server: server_section?, store: store_section?, tenants: tenant_sections };
    Some((Config { server: server?, store: store?, tenants }, file))
}

/// Says where a text stops being TOML, without quoting it: the line may hold a secret.
fn not_toml(text: &str, error: &toml::de::Error) -> String {
    let place = error.span().and_then(|span| text.get(..span.start)).map(|before| {
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        format!("line {line}, column {column}: ")
    });
    format!("{}{}", place.unwrap_or_default(), without_values(error.message()))
}

/// The message without what a value was: it may be a secret at a wrong key.
pub(super) fn without_values(message: &str) -> String {
    match message.split_once("string \"") {
        Some((before, rest)) => {
            let after = rest.rfind("\", expected").map_or("", |end| &rest[end + 1..]);
            format!("{before}string{after}")
        }
        None => message.to_owned(),
    }
}
