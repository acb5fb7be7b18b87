//! Signature Version 4: the canonical form of a request and its signature by a secret key, whatever the service. Tested
//! with AWS's published test suite.

use hmac::{Hmac, KeyInit, Mac};
use hyper::HeaderMap;
use sha2::{Digest, Sha256};

/// The parts of a request that are signed.
pub(crate) struct SignableRequest<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

/// The scope of a credential: a signature is valid for one day, Region and service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(crate) day: String,
    pub(crate) region: String,
    pub(crate) service: String,
}

/// The signature of a request made at `amz_date` that signs `signed_headers`, in hexadecimal.
pub(crate) fn sign(
    request: &SignableRequest<'_>,
    signed_headers: &[String],
    amz_date: &str,
    scope: &Scope,
    secret_key: &str,
) -> String {
    let Scope { day, region, service } = scope;
    let digest = hex::encode(Sha256::digest(canonical(request, signed_headers)));
    let to_sign = format!("AWS4-HMAC-SHA256\n{amz_date}\n{day}/{region}/{service}/aws4_request\n{digest}");
    let mut key = hmac(format!("AWS4{secret_key}").as_bytes(), day.as_bytes());
    for part in [region.as_str(), service, "aws4_request"] {
        key = hmac(&key, part.as_bytes());
    }
    hex::encode(hmac(&key, to_sign.as_bytes()))
}

/// The HMAC-SHA256 of a message.
#[allow(clippy::expect_used, reason = "HMAC accepts keys of any length: RFC 2104, section 2")]
pub(crate) fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC accepts keys of any length");
    mac.chain_update(message).finalize().into_bytes().into()
}

fn canonical(request: &SignableRequest<'_>, signed_headers: &[String]) -> String {
    let mut names: Vec<&str> = signed_headers.iter().map(String::as_str).collect();
    names.sort_unstable();
    let headers: Vec<String> =
        names.iter().map(|name| format!("{name}:{}\n", header_value(request.headers, name))).collect();
    [
        request.method,
        request.path,
        &canonical_query(request.query),
        &headers.concat(),
        &names.join(";"),
        &hex::encode(Sha256::digest(request.body)),
    ]
    .join("\n")
}

fn canonical_query(query: &str) -> String {
    let mut pairs: Vec<(&str, &str)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .collect();
    pairs.sort_unstable();
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

/// All values of a header, in order, with each run of spaces replaced with one space.
fn header_value(headers: &HeaderMap, name: &str) -> String {
    let values: Vec<String> = headers
        .get_all(name)
        .iter()
        .map(|value| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            value.split_whitespace().collect::<Vec<_>>().join(" ")
        })
        .collect();
    values.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::{HeaderName, HeaderValue};

    /// Signs a request of AWS's Signature Version 4 test suite and compares the result with the published signature.
    fn check(method: &str, query: &str, headers: &[(&str, &str)], body: &str, published: &str) {
        let mut map = HeaderMap::new();
        let always = [("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")];
        for (name, value) in always.iter().chain(headers) {
            map.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap());
        }
        let signed: Vec<String> = map.keys().map(ToString::to_string).collect();
        let request = SignableRequest { method, path: "/", query, headers: &map, body: body.as_bytes() };
        let scope = Scope { day: "20150830".to_owned(), region: "us-east-1".to_owned(), service: "service".to_owned() };
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        assert_eq!(sign(&request, &signed, "20150830T123600Z", &scope, secret), published);
    }

    #[test]
    fn signs_post_vanilla() {
        check("POST", "", &[], "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
    }

    #[test]
    fn signs_post_header_key_sort() {
        let published = "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c";
        check("POST", "", &[("my-header1", "value1")], "", published);
    }

    #[test]
    fn signs_get_header_value_trim() {
        let headers = [("my-header1", " value1"), ("my-header2", " \"a   b   c\"")];
        let published = "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736";
        check("GET", "", &headers, "", published);
    }

    #[test]
    fn signs_get_header_key_duplicate() {
        let headers = [("my-header1", "value2"), ("my-header1", "value2"), ("my-header1", "value1")];
        let published = "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea";
        check("GET", "", &headers, "", published);
    }

    #[test]
    fn signs_get_vanilla_query_order_key_case() {
        let published = "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500";
        check("GET", "Param2=value2&Param1=value1", &[], "", published);
    }

    #[test]
    fn signs_post_x_www_form_urlencoded() {
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("content-length", "13"),
            ("x-amz-content-sha256", "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"),
        ];
        let published = "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b";
        check("POST", "", &headers, "Param1=value1", published);
    }

    #[test]
    fn hmac_matches_rfc_4231() {
        let short = hmac(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(hex::encode(short), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        let long = hmac(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(hex::encode(long), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    }
}
