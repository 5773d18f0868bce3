//! `GET /v1/admin/delivery`: how the delivery of notifications stands.

use actix_web::{HttpResponse, get, http::StatusCode};

use crate::{
    extract::OperatorCall,
    openapi::problems::InstallationProblems,
    problem::Problem,
    routes::answer::{json, render},
    views::DeliveryState,
};

/// See how delivery stands.
///
/// What every tenant has waiting, and how the connections are that can notify. The latter is what this replica has seen of
/// them: another one may see something else.
#[utoipa::path(
    tag = "admin",
    operation_id = "getDeliveryState",
    security(("adminKey" = [])),
    responses(
        (status = 200, description = "How it stands.", body = DeliveryState),
        InstallationProblems,
    )
)]
#[get("/v1/admin/delivery")]
pub(super) async fn get_delivery_state(call: OperatorCall) -> Result<HttpResponse, Problem> {
    let notifications = call.herald.notifications();
    let state = DeliveryState::new(notifications.backlog().await?, notifications.connections());
    Ok(json(StatusCode::OK, render(&state)?))
}
