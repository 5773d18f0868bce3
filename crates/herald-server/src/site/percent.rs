//! Text for places that take visible ASCII only.

/// Percent-encodes (RFC 3986, 2.1) every byte that is not visible ASCII, and `%` itself: decoding gives the text again.
pub fn encode_header(text: &str) -> String {
    encode(text.as_bytes(), |byte| byte.is_ascii_graphic() && byte != b'%')
}

/// Percent-encodes what could end a member of a query, or be read as anything but itself.
pub fn encode_query(bytes: &[u8]) -> String {
    encode(bytes, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/'))
}

fn encode(bytes: &[u8], is_plain: impl Fn(u8) -> bool) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        if is_plain(byte) {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.push(char::from(HEX[usize::from(byte >> 4)]));
            text.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_value_can_be_decoded_again() {
        assert_eq!(encode_header("ivan@acme.example"), "ivan@acme.example");
        assert_eq!(encode_header("Иван 100%"), "%D0%98%D0%B2%D0%B0%D0%BD%20100%25");
        assert_eq!(encode_header("a\r\nX-Herald-Subject: b\0"), "a%0D%0AX-Herald-Subject:%20b%00");
        assert_eq!(encode_header(""), "");
    }

    #[test]
    fn a_path_is_one_member_of_a_query() {
        assert_eq!(encode_query(b"/a/b?c=d&rd=/x#y%2F\xff"), "/a/b%3Fc%3Dd%26rd%3D/x%23y%252F%FF");
    }
}
