//! The last hand on a problem: the request's id and path go in, the cause goes to the log.

use std::collections::HashSet;

use actix_web::{
    HttpMessage as _, HttpRequest, HttpResponse, ResponseError as _,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    middleware::Next,
};
use tracing::{debug, error, warn};

use super::{ErrorCode, OAuthError, Problem, ProblemView};
use crate::request_log::RequestId;

/// A path longer than this is not repeated to the caller.
const LONGEST_INSTANCE: usize = 512;

/// Middleware: completes every problem that comes from within, and logs its cause once.
pub async fn finish_problems(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let request_id = request.extensions().get::<RequestId>().cloned();
    let request_id = request_id.as_ref().map(RequestId::as_str);
    match next.call(request).await {
        Ok(response) => {
            let finished = response
                .response()
                .error()
                .and_then(|error| finish(error, Some(response.request()), request_id));
            Ok(match finished {
                Some(finished) => response.into_response(finished),
                None => response.map_into_boxed_body(),
            })
        }
        // A middleware further in failed instead of answering; the request went with it.
        Err(error) => Err(match finish(&error, None, request_id) {
            Some(finished) => InternalError::from_response(error, finished).into(),
            None => error,
        }),
    }
}

/// The answer for an error, or nothing for one that is not ours and not a fault of ours either.
fn finish(
    error: &actix_web::Error,
    request: Option<&HttpRequest>,
    request_id: Option<&str>,
) -> Option<HttpResponse> {
    let foreign;
    let problem = if let Some(problem) = error.as_error::<Problem>() {
        problem
    } else if let Some(error) = error.as_error::<OAuthError>() {
        log(error.problem(), request_id);
        return Some(error.error_response());
    } else if error.as_response_error().status_code().is_server_error() {
        foreign =
            Problem::new(ErrorCode::InternalError, "Something went wrong.").caused_by(error.to_string());
        &foreign
    } else {
        return None;
    };
    Some(complete(problem, request.map(|request| request.uri().path()), request_id))
}

/// The answer for a problem of the request to `path`; its cause goes to the log.
pub(crate) fn complete(problem: &Problem, path: Option<&str>, request_id: Option<&str>) -> HttpResponse {
    log(problem, request_id);
    problem.respond(path.filter(|path| path.len() <= LONGEST_INSTANCE), request_id)
}

/// Problems inside an answer that is good as a whole, as a batch has them: told without a path. Of each kind one cause goes to
/// the log, because a store that is away says the same for all of them.
#[derive(Debug, Default)]
pub(crate) struct InnerProblems {
    logged: HashSet<ErrorCode>,
}

impl InnerProblems {
    /// The problem as part of the answer to the request of this id.
    pub(crate) fn tell(&mut self, problem: &Problem, request_id: Option<&str>) -> ProblemView {
        if self.logged.insert(problem.code()) {
            log(problem, request_id);
        }
        ProblemView::new(problem, None, request_id)
    }
}

fn log(problem: &Problem, request_id: Option<&str>) {
    let code = problem.code().as_str();
    let cause = CauseChain(problem).to_string();
    match problem.code() {
        ErrorCode::InternalError | ErrorCode::StoreUnavailable | ErrorCode::ProviderError => {
            error!(request_id, code, cause, "a request failed");
        }
        ErrorCode::ProviderUnavailable | ErrorCode::ProviderTimeout | ErrorCode::RateLimited => {
            warn!(request_id, code, cause, "a request failed");
        }
        _ => debug!(request_id, code, "a request was refused"),
    }
}

/// The causes of a problem, one after the other.
struct CauseChain<'a>(&'a Problem);

impl std::fmt::Display for CauseChain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut source = std::error::Error::source(self.0);
        let mut glue = "";
        while let Some(cause) = source {
            write!(f, "{glue}{cause}")?;
            glue = ": ";
            source = cause.source();
        }
        Ok(())
    }
}
