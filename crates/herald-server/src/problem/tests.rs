//! Problems as callers get them.

use std::time::Duration;

use actix_web::body::to_bytes;
use herald_app::{ClaimError, LoginError, StartError};
use herald_core::{
    error::{ErrorKind, ProviderError, Retry},
    store::StoreError,
};
use serde_json::{Value, json};

use super::*;

async fn answer(problem: Problem) -> (HttpResponse, Value) {
    let response = problem.respond(Some("/v1/logins"), Some("req-1"));
    let (head, body) = response.into_parts();
    let body = to_bytes(body).await.unwrap();
    (head.set_body(actix_web::body::BoxBody::new(())), serde_json::from_slice(&body).unwrap())
}

fn provider_error(kind: ErrorKind, retry: Retry) -> ProviderError {
    ProviderError::new(&ProviderName::ANTARA, "token", kind, retry, "canary-detail")
        .with_code(Some("INVALID_CLIENT"))
        .with_request_id(Some("up-1"))
        .with_source("canary-source")
}

#[actix_web::test]
async fn a_problem_has_every_member_of_rfc_9457_and_no_null() {
    let problem = Problem::invalid().at("/to/phone_number", "not_e164", "not E.164");
    let (response, body) = answer(problem).await;
    assert_eq!(response.status(), 422);
    assert_eq!(response.headers().get("content-type").unwrap(), PROBLEM_JSON);
    assert_eq!(response.headers().get("cache-control").unwrap(), "no-store");
    assert_eq!(
        body,
        json!({
            "type": "https://herald.example/problems/validation_failed",
            "title": "The request is not valid",
            "status": 422,
            "detail": "The body does not keep to the rules; `errors` says where.",
            "instance": "/v1/logins",
            "code": "validation_failed",
            "request_id": "req-1",
            "retryable": false,
            "errors": [{ "pointer": "/to/phone_number", "code": "not_e164", "detail": "not E.164" }],
        })
    );
}

#[actix_web::test]
async fn what_can_be_tried_again_says_when() {
    let unavailable = provider_error(ErrorKind::Unavailable, Retry::After(Duration::from_millis(2_500)));
    let (response, body) = answer(unavailable.into()).await;
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers().get("retry-after").unwrap(), "3");
    assert_eq!(body["retry_after_seconds"], 3);
    let store = StoreError::Unavailable("down".into());
    let (response, body) = answer(LoginError::Store(store).into()).await;
    assert_eq!(response.headers().get("retry-after").unwrap(), "1");
    assert_eq!((&body["code"], &body["retryable"]), (&json!("store_unavailable"), &json!(true)));
}

#[actix_web::test]
async fn an_error_of_a_provider_shows_its_code_and_never_its_words() {
    let (response, body) = answer(
        StartError::Login(LoginError::Provider(provider_error(ErrorKind::Protocol, Retry::Never))).into(),
    )
    .await;
    assert_eq!(response.status(), 502);
    assert_eq!(body["code"], "provider_error");
    assert_eq!(body["provider"], "antara");
    assert_eq!(body["provider_code"], "INVALID_CLIENT");
    assert_eq!(body["provider_request_id"], "up-1");
    assert!(!body.to_string().contains("canary"), "{body}");
    let (response, _) = answer(provider_error(ErrorKind::Timeout, Retry::OutcomeUnknown).into()).await;
    assert_eq!(response.status(), 504);
    let (response, _) = answer(provider_error(ErrorKind::Unavailable, Retry::OutcomeUnknown).into()).await;
    assert_eq!(response.status(), 502);
}

#[actix_web::test]
async fn an_ended_login_says_how_it_ended() {
    let (response, body) = answer(ClaimError::Ended(LoginStatus::Denied).into()).await;
    assert_eq!(response.status(), 409);
    assert_eq!((&body["code"], &body["login_status"]), (&json!("login_ended"), &json!("denied")));
}

#[actix_web::test]
async fn a_missing_key_is_challenged_and_a_wrong_method_is_told_the_right_ones() {
    let (response, _) = answer(Problem::new(ErrorCode::Unauthenticated, "x")).await;
    assert_eq!(response.headers().get("www-authenticate").unwrap(), "Bearer");
    let (response, _) =
        answer(Problem::new(ErrorCode::MethodNotAllowed, "x").allowing("GET, POST".to_owned())).await;
    assert_eq!(response.headers().get("allow").unwrap(), "GET, POST");
}
