//! What is done to the generated document, so that every generator understands it, and people can read it.
//!
//! - Nothing is nullable: a member without a value is absent, and `optional and nullable` gives `Option<Option<T>>` in Rust
//!   and `NullableString` in Go.
//! - HEAD is left out: it is GET without its body, and would be a second operation of the same name.
//! - What requests are made of takes no members beyond those named; answers do, because new ones may come.
//! - A paragraph is one line: the line ends of a doc comment are those of the source.
//! - A time has an example.

use std::collections::BTreeSet;

use utoipa::openapi::{
    KnownFormat, OpenApi, RefOr, Schema, SchemaFormat,
    path::{Operation, Parameter, PathItem},
    schema::{AdditionalProperties, ArrayItems, SchemaType, Type},
};

/// Rewrites the document in place.
pub(super) fn tidy(document: &mut OpenApi) {
    document.paths.paths.values_mut().for_each(|item| item.head = None);
    let mut requests = BTreeSet::new();
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        operation.description = operation.description.as_deref().map(one_line);
        parameters(operation).filter_map(|parameter| parameter.schema.as_mut()).for_each(tidy_schema);
        for content in operation.request_body.iter().flat_map(|body| match body {
            RefOr::T(body) => body.content.values().collect(),
            RefOr::Ref(_) => Vec::new(),
        }) {
            if let RefOr::T(content) = content {
                content.schema.iter().for_each(|schema| name_references(schema, &mut requests));
            }
        }
    }
    let Some(components) = &mut document.components else { return };
    components.schemas.values_mut().for_each(tidy_schema);
    // What a request refers to, and what that refers to.
    let mut open: Vec<String> = requests.iter().cloned().collect();
    while let Some(name) = open.pop() {
        let mut below = BTreeSet::new();
        if let Some(schema) = components.schemas.get(&name) {
            name_references(schema, &mut below);
        }
        open.extend(below.into_iter().filter(|name| requests.insert(name.clone())));
    }
    for name in requests {
        if let Some(RefOr::T(Schema::Object(object))) = components.schemas.get_mut(&name)
            && object.schema_type == SchemaType::Type(Type::Object)
        {
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        }
    }
}

/// The operations of an address.
pub(super) fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch].into_iter().flatten()
}

fn parameters(operation: &mut Operation) -> impl Iterator<Item = &mut Parameter> {
    operation.parameters.iter_mut().flatten().filter_map(|parameter| match parameter {
        RefOr::T(parameter) => Some(parameter),
        RefOr::Ref(_) => None,
    })
}

/// Tidies what is in a schema, and then the schema itself.
fn tidy_schema(schema: &mut RefOr<Schema>) {
    if let RefOr::T(schema) = schema {
        match schema {
            Schema::Object(object) => object.properties.values_mut().for_each(tidy_schema),
            Schema::Array(array) => {
                if let ArrayItems::RefOrSchema(items) = &mut array.items {
                    tidy_schema(items);
                }
            }
            Schema::OneOf(composite) => composite.items.iter_mut().for_each(tidy_schema),
            Schema::AllOf(composite) => composite.items.iter_mut().for_each(tidy_schema),
            Schema::AnyOf(composite) => composite.items.iter_mut().for_each(tidy_schema),
            _ => {}
        }
    }
    forbid_null(schema);
    match schema {
        RefOr::Ref(reference) => reference.description = one_line(&reference.description),
        RefOr::T(schema) => {
            if let Some(Some(text)) = description(schema) {
                *text = one_line(text);
            }
            give_example(schema);
        }
    }
}

/// Takes `null` out of a schema.
fn forbid_null(schema: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::OneOf(one_of)) = schema {
        one_of.items.retain(|item| !is_null(item));
        if let [only @ RefOr::Ref(_)] = one_of.items.as_slice()
            && one_of.description.is_none()
        {
            *schema = only.clone();
        }
    }
    let RefOr::T(schema) = schema else { return };
    match schema {
        Schema::Object(object) => forbid_null_type(&mut object.schema_type),
        Schema::Array(array) => forbid_null_type(&mut array.schema_type),
        // A union's variant is a reference and nothing beside it; its own schema says what it is.
        Schema::OneOf(one_of) => {
            for variant in &mut one_of.items {
                if let RefOr::Ref(reference) = variant {
                    reference.description = String::new();
                }
            }
        }
        _ => {}
    }
}

fn forbid_null_type(kind: &mut SchemaType) {
    if let SchemaType::Array(types) = kind {
        types.retain(|kind| *kind != Type::Null);
        if let [only] = types.as_slice() {
            *kind = SchemaType::Type(only.clone());
        }
    }
}

fn description(schema: &mut Schema) -> Option<&mut Option<String>> {
    match schema {
        Schema::Object(object) => Some(&mut object.description),
        Schema::Array(array) => Some(&mut array.description),
        Schema::OneOf(composite) => Some(&mut composite.description),
        Schema::AllOf(composite) => Some(&mut composite.description),
        Schema::AnyOf(composite) => Some(&mut composite.description),
        _ => None,
    }
}

/// The text with each paragraph in one line.
fn one_line(text: &str) -> String {
    let paragraphs = text.split("\n\n").map(|paragraph| paragraph.replace('\n', " "));
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

/// A time without an example of its own shows how all of them are written.
fn give_example(schema: &mut Schema) {
    if let Schema::Object(object) = schema
        && object.format == Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))
        && object.example.is_none()
    {
        object.example = Some("2026-01-02T03:04:05.678Z".into());
    }
}

fn is_null(schema: &RefOr<Schema>) -> bool {
    matches!(schema, RefOr::T(Schema::Object(object)) if object.schema_type == SchemaType::Type(Type::Null))
}

/// Collects the names of the schemas that this one refers to.
fn name_references(schema: &RefOr<Schema>, names: &mut BTreeSet<String>) {
    match schema {
        RefOr::Ref(reference) => {
            if let Some(name) = reference.ref_location.strip_prefix("#/components/schemas/") {
                names.insert(name.to_owned());
            }
        }
        RefOr::T(Schema::Object(object)) => {
            object.properties.values().for_each(|schema| name_references(schema, names));
        }
        RefOr::T(Schema::Array(array)) => {
            if let ArrayItems::RefOrSchema(items) = &array.items {
                name_references(items, names);
            }
        }
        RefOr::T(Schema::OneOf(composite)) => {
            composite.items.iter().for_each(|schema| name_references(schema, names));
        }
        RefOr::T(Schema::AllOf(composite)) => {
            composite.items.iter().for_each(|schema| name_references(schema, names));
        }
        RefOr::T(Schema::AnyOf(composite)) => {
            composite.items.iter().for_each(|schema| name_references(schema, names));
        }
        RefOr::T(_) => {}
    }
}
