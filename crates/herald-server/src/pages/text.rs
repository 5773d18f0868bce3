//! Every word of the pages, once per language.

use super::language::Language;

/// A heading and what stands under it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words {
    /// The heading, also the page's title.
    pub(super) title: &'static str,
    /// One or two sentences.
    pub(super) text: &'static str,
}

/// Words around something that is filled in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Around {
    /// Before it.
    pub(super) before: &'static str,
    /// After it.
    pub(super) after: &'static str,
}

/// All words of one language.
#[derive(Debug)]
pub(super) struct Texts {
    /// The language's tag, for `<html lang>`.
    pub(super) lang: &'static str,

    /// Title of the page of links.
    pub(super) sign_in: &'static str,
    /// Around the tenant's name.
    pub(super) signing_in_to: Around,
    /// Against forwarded links.
    pub(super) warning: &'static str,
    /// Around a messenger's name, on its button.
    pub(super) open_in: Around,
    /// Heading of the QR codes.
    pub(super) scan: &'static str,
    /// Around a messenger's name, as a QR code's text alternative.
    pub(super) qr_of: Around,
    /// Heading of what to do by hand.
    pub(super) by_hand: &'static str,
    /// Before the text to send.
    pub(super) send_text: &'static str,
    /// Before whom to send it to.
    pub(super) send_to: &'static str,
    /// The button that copies.
    pub(super) copy: &'static str,
    /// The same, when it has.
    pub(super) copied: &'static str,
    /// While nothing has happened.
    pub(super) waiting: &'static str,
    /// When the messenger was opened.
    pub(super) opened: &'static str,
    /// While nobody answers the page.
    pub(super) lost: &'static str,
    /// Around the minutes and seconds that are left.
    pub(super) time_left: Around,
    /// The link that loads the page again.
    pub(super) refresh: &'static str,

    /// Signed in, and nowhere to go back to.
    pub(super) signed_in: Words,
    /// Claimed a while ago.
    pub(super) finished: Words,
    /// The provider is being asked.
    pub(super) one_moment: Words,
    /// The person said no.
    pub(super) denied: Words,
    /// Nobody confirmed in time.
    pub(super) expired: Words,
    /// The caller cancelled it.
    pub(super) cancelled: Words,
    /// It broke.
    pub(super) failed: Words,
    /// The way back to the caller: alone, and with the tenant's name.
    pub(super) go_back: &'static str,
    /// Around the tenant's name on that button.
    pub(super) go_back_to: Around,

    /// Signed out of a site.
    pub(super) signed_out: Words,
    /// The button on that page.
    pub(super) sign_in_again: &'static str,
    /// Still signed in there, because something is down.
    pub(super) not_signed_out: Words,
    /// A page of another origin asked to sign the person out.
    pub(super) cross_site: Words,

    /// An address of no site.
    pub(super) no_such_page: Words,
    /// An address of no login.
    pub(super) no_such_login: Words,
    /// The browser keeps no cookies.
    pub(super) cookies_needed: Words,
    /// The button on that page.
    pub(super) try_again: &'static str,
    /// The login belongs to another browser.
    pub(super) another_browser: Words,
    /// A callback that belongs to no login of this browser.
    pub(super) no_login_here: Words,
    /// Back from a messenger, in a browser that knows nothing of the login.
    pub(super) return_to_browser: Words,
    /// Something is down.
    pub(super) unavailable: Words,
}

/// The words of this language.
pub(super) fn of(language: Language) -> &'static Texts {
    match language {
        Language::English => &ENGLISH,
        Language::Russian => &RUSSIAN,
    }
}

const fn words(title: &'static str, text: &'static str) -> Words {
    Words { title, text }
}

const fn around(before: &'static str, after: &'static str) -> Around {
    Around { before, after }
}

static ENGLISH: Texts = Texts {
    lang: "en",
    sign_in: "Sign in",
    signing_in_to: around("You are signing in to ", "."),
    warning: "Confirm only if you began this yourself, here, in this browser. Did somebody send you this link or code? \
              Then close this page.",
    open_in: around("Open ", ""),
    scan: "Or scan with your phone",
    qr_of: around("QR code for ", ""),
    by_hand: "The chat opened without asking?",
    send_text: "Send this message",
    send_to: "to",
    copy: "Copy",
    copied: "Copied",
    waiting: "Waiting for you to confirm in the messenger…",
    opened: "Almost done: confirm in the messenger.",
    lost: "Connection lost; trying again…",
    time_left: around("Time left: ", ""),
    refresh: "Refresh",
    signed_in: words("You are signed in", "You can close this page."),
    finished: words("This sign-in is finished", "There is nothing left to do here. You can close this page."),
    one_moment: words("One moment…", "We are completing your sign-in. This page continues by itself."),
    denied: words("Sign-in declined", "You were not signed in."),
    expired: words("Time is up", "The sign-in was not confirmed in time. Please start again."),
    cancelled: words("Sign-in cancelled", "This sign-in was cancelled. Please start again."),
    failed: words("Sign-in failed", "Something went wrong. Please start again."),
    go_back: "Go back",
    go_back_to: around("Back to ", ""),
    signed_out: words("You are signed out", "You can close this page, or sign in again."),
    sign_in_again: "Sign in again",
    not_signed_out: words(
        "You are still signed in",
        "Signing out does not work at the moment. Please go back and try again in a moment.",
    ),
    cross_site: words(
        "You are still signed in",
        "Another website asked to sign you out. If you want that, use the button on the page where you are signed in.",
    ),
    no_such_page: words("Page not found", "There is nothing at this address."),
    no_such_login: words(
        "Page not found",
        "This sign-in does not exist or is long over. Please start again where you began.",
    ),
    cookies_needed: words(
        "Cookies are needed",
        "Your browser did not return the cookie that protects this sign-in. Allow cookies for this site and try again.",
    ),
    try_again: "Try again",
    another_browser: words(
        "This sign-in belongs to another browser",
        "It was opened in another browser first. Continue there, or start a new sign-in here.",
    ),
    no_login_here: words(
        "This did not work",
        "This address belongs to no sign-in of this browser. Please start again where you began.",
    ),
    return_to_browser: words(
        "Return to where you began",
        "Go back to the browser window in which you started to sign in. It continues there by itself.",
    ),
    unavailable: words(
        "Please wait a moment",
        "The sign-in cannot continue right now. This page tries again by itself.",
    ),
};

static RUSSIAN: Texts = Texts {
    lang: "ru",
    sign_in: "Вход",
    signing_in_to: around("Вы входите в ", "."),
    warning: "Подтверждайте, только если вы сами начали вход здесь, в этом браузере. Вам кто-то прислал эту ссылку или \
              код? Тогда закройте страницу.",
    open_in: around("Открыть ", ""),
    scan: "Или отсканируйте телефоном",
    qr_of: around("QR-код для ", ""),
    by_hand: "Чат открылся, но ничего не спросил?",
    send_text: "Отправьте это сообщение",
    send_to: "на адрес",
    copy: "Скопировать",
    copied: "Скопировано",
    waiting: "Ждём вашего подтверждения в мессенджере…",
    opened: "Почти готово: подтвердите вход в мессенджере.",
    lost: "Нет связи; пробуем ещё раз…",
    time_left: around("Осталось: ", ""),
    refresh: "Обновить",
    signed_in: words("Вы вошли", "Эту страницу можно закрыть."),
    finished: words("Вход завершён", "Здесь больше ничего делать не нужно. Эту страницу можно закрыть."),
    one_moment: words("Одну минуту…", "Мы завершаем вход. Страница продолжит сама."),
    denied: words("Вход отклонён", "Вход не выполнен."),
    expired: words("Время вышло", "Вход не был подтверждён вовремя. Начните, пожалуйста, заново."),
    cancelled: words("Вход отменён", "Этот вход был отменён. Начните, пожалуйста, заново."),
    failed: words("Войти не удалось", "Что-то пошло не так. Начните, пожалуйста, заново."),
    go_back: "Вернуться",
    go_back_to: around("Вернуться в ", ""),
    signed_out: words("Вы вышли", "Эту страницу можно закрыть. Или войдите снова."),
    sign_in_again: "Войти снова",
    not_signed_out: words(
        "Вы ещё не вышли",
        "Сейчас выйти нельзя. Вернитесь, пожалуйста, и попробуйте ещё раз чуть позже.",
    ),
    cross_site: words(
        "Вы ещё не вышли",
        "Выйти попросил другой сайт. Если вы этого хотите, нажмите кнопку выхода на странице, где вы вошли.",
    ),
    no_such_page: words("Страница не найдена", "По этому адресу ничего нет."),
    no_such_login: words(
        "Страница не найдена",
        "Такого входа нет, или он давно завершён. Начните, пожалуйста, заново там, где начинали.",
    ),
    cookies_needed: words(
        "Нужны файлы cookie",
        "Браузер не вернул файл cookie, который защищает этот вход. Разрешите cookie для этого сайта и попробуйте ещё раз.",
    ),
    try_again: "Попробовать ещё раз",
    another_browser: words(
        "Этот вход принадлежит другому браузеру",
        "Сначала его открыли в другом браузере. Продолжите там или начните новый вход здесь.",
    ),
    no_login_here: words(
        "Не получилось",
        "Этот адрес не относится ни к одному входу в этом браузере. Начните, пожалуйста, заново там, где начинали.",
    ),
    return_to_browser: words(
        "Вернитесь туда, где начали",
        "Откройте окно браузера, в котором вы начали вход. Там всё продолжится само.",
    ),
    unavailable: words(
        "Подождите немного",
        "Сейчас продолжить вход нельзя. Страница попробует ещё раз сама.",
    ),
};

#[cfg(test)]
mod tests {
    use super::*;

    /// Every text of a language, in the order of the fields as `Debug` prints them.
    fn all(texts: &Texts) -> Vec<String> {
        let shown = format!("{texts:?}");
        shown.split('"').skip(1).step_by(2).map(str::to_owned).collect()
    }

    #[test]
    fn no_language_leaves_a_text_to_another() {
        let (english, russian) = (all(&ENGLISH), all(&RUSSIAN));
        assert_eq!(english.len(), russian.len());
        for (english, russian) in english.iter().zip(&russian) {
            assert_eq!(english.is_empty(), russian.is_empty(), "{english:?} {russian:?}");
            assert!(english.is_ascii() || english.contains('…'), "{english:?}");
            let has_letters = russian.chars().any(char::is_alphabetic);
            let is_russian =
                russian.chars().any(|c| ('а'..='я').contains(&c.to_lowercase().next().unwrap_or(c)));
            assert!(!has_letters || is_russian || russian == "ru", "{russian:?}");
        }
    }

    #[test]
    fn a_language_brings_its_own_tag() {
        assert_eq!(of(Language::English).lang, "en");
        assert_eq!(of(Language::Russian).lang, "ru");
    }
}
