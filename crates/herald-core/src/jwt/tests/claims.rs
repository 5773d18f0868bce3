//! Claims: times, issuer, audience.

use super::*;
use crate::jwt::NumericDate;

#[test]
fn a_token_has_to_end_in_time() {
    assert_eq!(without("exp"), Err(Rejected("no end")));
    assert!(with("exp", NOW - 29).is_ok());
    for past in [NOW - 30, NOW - 31, 0] {
        assert_eq!(with("exp", past), Err(Rejected("it has expired")), "{past}");
    }
    for bad in [json!("2147483647"), json!(1e300), json!(-1), json!(null), json!([NOW]), json!(true)] {
        let expected = Rejected("a time is not a number of seconds");
        assert_eq!(with("exp", bad.clone()), Err(expected), "{bad}");
    }
    let broken: Value = serde_json::from_str("1767326645.5").unwrap();
    assert!(with("exp", broken).is_ok());
}

#[test]
fn a_token_lives_no_longer_than_allowed() {
    let too_long = Err(Rejected("it lives too long"));
    assert!(with("exp", NOW + 24 * 3600).is_ok());
    assert_eq!(with("exp", NOW + 24 * 3600 + 1), too_long);
    // The last second of the year 9999, the last that is a time at all.
    assert_eq!(with("exp", 253_402_207_200_i64), too_long);
    assert!(with("exp", 253_402_300_800_i64).is_err());
}

#[test]
fn a_token_of_the_future_is_not_good_yet() {
    assert!(with("iat", NOW + 30).is_ok());
    assert_eq!(without("iat"), Err(Rejected("no time of issue")));
    for bad in [json!(NOW + 31), json!(NOW + 86_400), json!("1"), json!(-5), json!(i64::MAX), json!(u64::MAX)]
    {
        assert!(with("iat", bad.clone()).is_err(), "{bad}");
    }
    assert!(with("nbf", NOW + 30).is_ok());
    for later in [NOW + 31, NOW + 86_400] {
        assert_eq!(with("nbf", later), Err(Rejected("not good yet")), "{later}");
    }
    for bad in [json!("soon"), json!(null), json!(-1), json!(1e300)] {
        assert!(with("nbf", bad.clone()).is_err(), "{bad}");
    }
}

#[test]
fn leeway_is_never_more_than_a_minute() {
    let ended = |ago: i64| {
        let token = sign(HEADER, &json!({ "iss": ISSUER, "iat": NOW - 600, "exp": NOW - ago }).to_string());
        let generous = Rules { leeway: Duration::from_secs(3600), ..rules() };
        verify::<Value>(&token, &key(), &generous)
    };
    assert!(ended(59).is_ok());
    assert_eq!(ended(60), Err(Rejected("it has expired")));
}

#[test]
fn the_issuer_is_exactly_the_one_configured() {
    let another = Err(Rejected("another issuer"));
    assert_eq!(without("iss"), another);
    for bad in [
        json!(5),
        json!(null),
        json!(""),
        json!([ISSUER]),
        json!([ISSUER, "https://evil.example"]),
        json!("https://id.example/"),
        json!("http://id.example"),
        json!("https://ID.example"),
        json!("https://id.example:443"),
        json!("https://evil.example"),
    ] {
        assert_eq!(with("iss", bad.clone()), another, "{bad}");
    }
}

#[test]
fn an_audience_that_is_asked_for_has_to_be_there() {
    let check = |audience: Value| {
        let mut claims = claims();
        claims["aud"] = audience;
        let rules = Rules { audience: Some("app"), ..rules() };
        verify::<Value>(&sign(HEADER, &claims.to_string()), &key(), &rules).is_ok()
    };
    assert!(check(json!("app")) && check(json!(["admin", "app"])));
    for bad in [json!("App"), json!(["admin"]), json!([]), json!(null), json!({ "app": 1 }), json!([["app"]])]
    {
        assert!(!check(bad.clone()), "{bad}");
    }
    let none = verify::<Value>(
        &sign(HEADER, &claims().to_string()),
        &key(),
        &Rules { audience: Some("app"), ..rules() },
    );
    assert_eq!(none, Err(Rejected("another audience")));
}

#[test]
fn a_time_can_be_read_out_of_a_claim() {
    let read = |text: &str| {
        serde_json::from_str::<NumericDate>(text).map(|NumericDate(at)| at.as_millisecond()).ok()
    };
    assert_eq!(
        (read("1767323045"), read("1767323045.5")),
        (Some(1_767_323_045_000), Some(1_767_323_045_500))
    );
    for bad in ["-1", "\"1\"", "null", "1e300", "18446744073709551615", "253402300800"] {
        assert_eq!(read(bad), None, "{bad}");
    }
}

#[test]
fn a_time_is_written_in_whole_seconds() {
    let at = Timestamp::from_millisecond(1_767_323_045_999).unwrap();
    assert_eq!(serde_json::to_string(&NumericDate(at)).unwrap(), "1767323045");
}
