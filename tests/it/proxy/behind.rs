//! What has to be so behind each proxy, with its example from `deploy/proxies`.

/// The tests of one proxy, in a module of its name.
macro_rules! behind {
    ($proxy:ident, $kind:ident) => {
        mod $proxy {
            use crate::proxy::{Kind, checks, tricks};

            const KIND: Kind = Kind::$kind;

            #[tokio::test(flavor = "multi_thread")]
            async fn a_person_signs_in_through_antirius_and_comes_back_to_the_very_page() {
                let claims = [("X-Herald-Name", "Zo%C3%AB%20<b>%20O'Neil%20&%20Co")];
                checks::a_person_signs_in_and_comes_back_to_the_very_page(KIND, "antirius", &claims).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn a_person_signs_in_through_antara_and_comes_back_to_the_very_page() {
                checks::a_person_signs_in_and_comes_back_to_the_very_page(KIND, "antara", &[]).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn a_person_signs_in_through_authara_and_comes_back_to_the_very_page() {
                let claims = [("X-Herald-Email", "ivan@demo.example")];
                checks::a_person_signs_in_and_comes_back_to_the_very_page(KIND, "authara", &claims).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn what_a_client_says_of_itself_never_arrives() {
                checks::what_a_client_says_of_itself_never_arrives(KIND).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn nothing_but_heralds_pages_is_reached_without_the_check() {
                tricks::nothing_but_heralds_pages_is_reached_without_the_check(KIND).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn only_pages_are_sent_to_the_login() {
                checks::only_pages_are_sent_to_the_login(KIND).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn a_request_from_another_site_does_nothing_and_ones_own_arrive_whole() {
                checks::a_request_from_another_site_does_nothing_and_ones_own_arrive_whole(KIND).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn signing_out_closes_the_site_and_only_its_own_pages_may_ask_for_it() {
                checks::signing_out_closes_the_site_and_only_its_own_pages_may_ask_for_it(KIND, "antirius")
                    .await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn signing_out_of_an_authara_site_signs_out_of_authara() {
                checks::signing_out_closes_the_site_and_only_its_own_pages_may_ask_for_it(KIND, "authara")
                    .await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn an_ended_session_and_anothers_cookie_open_nothing() {
                checks::an_ended_session_and_anothers_cookie_open_nothing(KIND).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn an_access_token_opens_the_site_of_its_tenant() {
                checks::an_access_token_opens_the_site_of_its_tenant(KIND).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn a_web_socket_opens_for_whoever_is_signed_in() {
                checks::a_web_socket_opens_for_whoever_is_signed_in(KIND).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn a_host_with_another_port_opens_nothing_of_another_site() {
                tricks::a_host_with_another_port_opens_nothing_of_another_site(KIND).await;
            }
        }
    };
}

// `auth_request`.
behind!(nginx, Nginx);
// `forward_auth`.
behind!(caddy, Caddy);
