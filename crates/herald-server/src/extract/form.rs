//! Forms (`application/x-www-form-urlencoded`), read by the rules of OAuth (RFC 6749, 3.2): a member that is there twice is
//! refused, one without a value counts as absent, one that nobody knows is ignored.

use url::form_urlencoded;

use crate::problem::{ErrorCode, Problem};

/// A form that can be read.
pub trait FromForm: Sized {
    /// Reads the members.
    fn read(form: &Form) -> Result<Self, Problem>;
}

/// The members of a form.
pub struct Form(Vec<(String, String)>);

impl Form {
    /// A member that must be there.
    pub fn required(&self, name: &str) -> Result<&str, Problem> {
        self.optional(name).ok_or_else(|| {
            Problem::new(ErrorCode::MalformedBody, format!("The member `{name}` is missing or empty."))
        })
    }

    /// A member that may be there.
    pub fn optional(&self, name: &str) -> Option<&str> {
        let value = self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty())
    }
}

/// Reads a whole form.
pub(super) fn read_form<T: FromForm>(bytes: &[u8]) -> Result<T, Problem> {
    let members: Vec<(String, String)> = form_urlencoded::parse(bytes).into_owned().collect();
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(Problem::new(ErrorCode::MalformedBody, "A member of the form is there twice."));
    }
    T::read(&Form(members))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct One(String);

    impl FromForm for One {
        fn read(form: &Form) -> Result<Self, Problem> {
            form.required("token").map(|token| Self(token.to_owned()))
        }
    }

    #[test]
    fn a_form_has_each_member_once_and_may_have_others() {
        for (form, token) in [
            ("token=abc", "abc"),
            ("token_type_hint=x&token=a%2Bb+c&other=&empty", "a+b c"),
            ("&&token=%C3%A9", "é"),
        ] {
            assert_eq!(read_form::<One>(form.as_bytes()).map_or(String::new(), |one| one.0), token, "{form}");
        }
        for form in
            ["", "token", "token=", "Token=a", "token=a&token=a", "token=a&x=1&x=2", "{\"token\":\"a\"}"]
        {
            assert!(read_form::<One>(form.as_bytes()).is_err(), "{form}");
        }
        assert!(read_form::<One>(&[0xff, 0xfe]).is_err());
    }
}
