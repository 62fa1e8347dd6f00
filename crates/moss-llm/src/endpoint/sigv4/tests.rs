//! Amazon's published test vectors (`aws-sig-v4-test-suite`).

#![allow(clippy::unwrap_used)]

use std::time::{Duration, UNIX_EPOCH};

use reqwest::{Method, Request, Url};

use super::{AwsKeys, CONTENT_TYPE, HeaderValue, KeySource, Scope, SigV4, SystemTime};
use crate::Secret;
use crate::endpoint::Authorize;

/// 2015-08-30T12:36:00Z, the time of all vectors.
fn clock() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_440_938_160)
}

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

async fn authorization(request: Request, token: Option<&str>) -> String {
    let (id, secret) = ("AKIDEXAMPLE".to_owned(), Secret::new(SECRET));
    signed(request, AwsKeys { id, secret, token: token.map(Secret::new) }).await
}

async fn signed(mut request: Request, keys: AwsKeys) -> String {
    let shown =
        [Some(&keys.secret), keys.token.as_ref()].map(|it| it.map(|it| it.expose().to_owned()));
    let scope = Scope { region: "us-east-1".to_owned(), service: "service" };
    let signer = SigV4 { keys: KeySource::Known(keys), scope, clock };
    signer.authorize(&mut request).await.unwrap();
    assert_eq!(request.headers()["x-amz-date"], "20150830T123600Z");
    let debug = format!("{signer:?} {:?}", request.headers());
    assert!(shown.into_iter().flatten().all(|secret| !debug.contains(&secret)));
    request.headers()["authorization"].to_str().unwrap().to_owned()
}

fn request(method: Method) -> Request {
    Request::new(method, Url::parse("https://example.amazonaws.com/").unwrap())
}

fn expected(headers: &str, signature: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders={headers}, Signature={signature}"
    )
}

#[tokio::test]
async fn get_vanilla() {
    let signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
    let signed = authorization(request(Method::GET), None).await;
    assert_eq!(signed, expected("host;x-amz-date", signature));
}

#[tokio::test]
async fn post_vanilla() {
    let signature = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b";
    let signed = authorization(request(Method::POST), None).await;
    assert_eq!(signed, expected("host;x-amz-date", signature));
}

#[tokio::test]
async fn post_x_www_form_urlencoded() {
    let mut form = request(Method::POST);
    let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
    form.headers_mut().insert(CONTENT_TYPE, kind);
    // Neither of these is signed: a proxy may change them.
    form.headers_mut().insert("user-agent", HeaderValue::from_static("moss"));
    form.headers_mut().insert("authorization", HeaderValue::from_static("Basic eDp5"));
    *form.body_mut() = Some("Param1=value1".into());
    let signature = "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a";
    let signed = authorization(form, None).await;
    assert_eq!(signed, expected("content-type;host;x-amz-date", signature));
}

#[tokio::test]
async fn get_vanilla_with_session_token() {
    let token = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";
    let signature = "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8";
    let signed = authorization(request(Method::GET), Some(token)).await;
    assert_eq!(signed, expected("host;x-amz-date;x-amz-security-token", signature));
}

/// Models' names have a colon, and ARNs more: what is encoded in the address is encoded once more for the
/// signature.
#[tokio::test]
async fn double_encode_path() {
    let url = "https://tj9n5r0m12.execute-api.us-east-1.amazonaws.com/test/@connections/JBDvjfGEIAMCERw%3D";
    let request = Request::new(Method::POST, Url::parse(url).unwrap());
    let (id, secret) = ("ANOTREAL".to_owned(), "notrealrnrELgWzOk3IfjzDKtFBhDby");
    let keys = AwsKeys { id, secret: Secret::new(secret), token: None };
    let signature = "57d157672191bac40bae387e48bbe14b15303c001fdbb01f4abf295dccb09705";
    let expected = expected("host;x-amz-date", signature).replace("AKIDEXAMPLE", "ANOTREAL");
    assert_eq!(signed(request, keys).await, expected);
}
