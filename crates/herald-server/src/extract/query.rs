//! The query of a list: known names, each at most once.

use actix_web::HttpRequest;
use url::form_urlencoded;

use crate::problem::{ErrorCode, Problem};

/// How many items a page has when the caller does not say.
const USUAL_LIMIT: usize = 50;
/// The most items of a page.
const LARGEST_LIMIT: usize = 200;

/// The query members of a request.
#[derive(Debug)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads the query; a name that is not among `known`, or is there twice, is refused. Names are not repeated to the
    /// caller: a query could hold anything.
    pub fn read(request: &HttpRequest, known: &[&str]) -> Result<Self, Problem> {
        let members: Vec<(String, String)> =
            form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect();
        for (index, (name, _)) in members.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                return Err(match known {
                    [] => invalid("This address has no query parameters."),
                    _ => invalid(format!("The query may hold only {}.", listed(known))),
                });
            }
            if members[..index].iter().any(|(earlier, _)| earlier == name) {
                return Err(invalid("A query parameter is there twice."));
            }
        }
        Ok(Self(members))
    }

    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value of a parameter as a type that parses it; `rule` says what it must be.
    pub fn parsed<T>(
        &self,
        name: &'static str,
        rule: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        let Some(value) = self.get(name) else { return Ok(None) };
        parse(value).map(Some).ok_or_else(|| invalid(format!("`{name}` must be {rule}.")))
    }

    /// The filters that the list is asked for, in one order: everything but `limit` and `cursor`.
    pub fn filters(&self) -> String {
        let mut filters: Vec<_> =
            self.0.iter().filter(|(name, _)| !matches!(name.as_str(), "limit" | "cursor")).collect();
        filters.sort();
        form_urlencoded::Serializer::new(String::new()).extend_pairs(filters).finish()
    }

    /// How many items the page shall have.
    pub fn limit(&self) -> Result<usize, Problem> {
        let limit = self.parsed("limit", "1 to 200", |value| {
            let is_plain = value.bytes().all(|b| b.is_ascii_digit());
            value.parse().ok().filter(|limit| is_plain && (1..=LARGEST_LIMIT).contains(limit))
        })?;
        Ok(limit.unwrap_or(USUAL_LIMIT))
    }
}

fn invalid(detail: impl Into<std::borrow::Cow<'static, str>>) -> Problem {
    Problem::new(ErrorCode::InvalidParameter, detail)
}

fn listed(known: &[&str]) -> String {
    known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn read(query: &str) -> Result<Query, Problem> {
        let request = TestRequest::with_uri(&format!("/v1/logins?{query}")).to_http_request();
        Query::read(&request, &["limit", "reference"])
    }

    #[test]
    fn what_is_unknown_or_there_twice_is_refused_without_being_repeated() {
        for bad in ["phone=%2B79001234567", "%2B79001234567", "limit=1&limit=1", "Limit=1"] {
            let problem = read(bad).unwrap_err();
            assert_eq!(problem.code(), ErrorCode::InvalidParameter, "{bad}");
            assert!(!problem.to_string().contains("7900"), "{problem}");
        }
    }

    #[test]
    fn filters_are_the_same_in_any_order() {
        let filters = |query: &str| read(query).unwrap().filters();
        let request = TestRequest::with_uri("/?b=2%20&a=1%26b&cursor=x&limit=5").to_http_request();
        let query = Query::read(&request, &["a", "b", "limit", "cursor"]).unwrap();
        assert_eq!(query.filters(), "a=1%26b&b=2+");
        assert_eq!(filters("limit=7&reference=a"), filters("reference=a"));
        assert_ne!(filters("reference=a"), filters(""));
    }

    #[test]
    fn a_limit_is_1_to_200() {
        assert_eq!(read("").unwrap().limit().unwrap(), 50);
        assert_eq!(read("limit=200&reference=a+b").unwrap().limit().unwrap(), 200);
        assert_eq!(read("reference=a+b").unwrap().get("reference"), Some("a b"));
        for bad in ["0", "-1", "201", "10001", "abc", "", "+5", "1.5", "99999999999999999999999"] {
            assert!(read(&format!("limit={}", bad.replace('+', "%2B"))).unwrap().limit().is_err(), "{bad}");
        }
    }
}
