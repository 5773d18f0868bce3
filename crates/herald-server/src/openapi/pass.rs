//! What is done to the generated document, so that every generator understands it.
//!
//! - Nothing is nullable: a member without a value is absent, and `optional and nullable` gives `Option<Option<T>>` in Rust
//!   and `NullableString` in Go.
//! - HEAD is left out: it is GET without its body, and would be a second operation of the same name.
//! - What requests are made of takes no members beyond those named; answers do, because new ones may come.

use std::collections::BTreeSet;

use utoipa::openapi::{
    OpenApi, RefOr, Schema,
    path::{Operation, Parameter},
    schema::{AdditionalProperties, ArrayItems, SchemaType, Type},
};

/// Rewrites the document in place.
pub(super) fn tidy(document: &mut OpenApi) {
    document.paths.paths.values_mut().for_each(|item| item.head = None);
    let mut requests = BTreeSet::new();
    for operation in document.paths.paths.values_mut().flat_map(|item| {
        [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch]
            .into_iter()
            .flatten()
    }) {
        parameters(operation).filter_map(|parameter| parameter.schema.as_mut()).for_each(forbid_null);
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
    components.schemas.values_mut().for_each(forbid_null);
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

fn parameters(operation: &mut Operation) -> impl Iterator<Item = &mut Parameter> {
    operation.parameters.iter_mut().flatten().filter_map(|parameter| match parameter {
        RefOr::T(parameter) => Some(parameter),
        RefOr::Ref(_) => None,
    })
}

/// Takes `null` out of a schema and of everything in it.
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
        Schema::Object(object) => {
            if let SchemaType::Array(types) = &mut object.schema_type {
                types.retain(|kind| *kind != Type::Null);
                if let [only] = types.as_slice() {
                    object.schema_type = SchemaType::Type(only.clone());
                }
            }
            object.properties.values_mut().for_each(forbid_null);
        }
        Schema::Array(array) => {
            if let SchemaType::Array(types) = &mut array.schema_type {
                types.retain(|kind| *kind != Type::Null);
                if let [only] = types.as_slice() {
                    array.schema_type = SchemaType::Type(only.clone());
                }
            }
            if let ArrayItems::RefOrSchema(items) = &mut array.items {
                forbid_null(items);
            }
        }
        Schema::OneOf(composite) => composite.items.iter_mut().for_each(plain_variant),
        Schema::AllOf(composite) => composite.items.iter_mut().for_each(forbid_null),
        Schema::AnyOf(composite) => composite.items.iter_mut().for_each(forbid_null),
        _ => {}
    }
}

/// A union's variant is a reference and nothing beside it; its own schema says what it is.
fn plain_variant(variant: &mut RefOr<Schema>) {
    match variant {
        RefOr::Ref(reference) => reference.description = String::new(),
        RefOr::T(_) => forbid_null(variant),
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
