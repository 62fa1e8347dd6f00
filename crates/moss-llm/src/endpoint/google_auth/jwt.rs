//! Signed claims, by which a service account asks for a token (RFC 7523).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::RSA_PKCS1_SHA256;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::json;

/// The key of a service account.
pub(in crate::endpoint) struct SigningKey {
    pair: KeyPair,
    id: Option<String>,
}

impl SigningKey {
    /// Reads a key in PEM.
    ///
    /// # Errors
    /// As the end of a sentence, and nothing of the key.
    pub(super) fn from_pem(pem: &str, id: Option<String>) -> Result<Self, String> {
        const WRONG: &str = "holds a `private_key` that is no RSA key in PEM";
        // Environment files keep line ends as they stand in JSON.
        let pem = pem.replace("\\n", "\n");
        let der = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| WRONG)?;
        let pair = match &der {
            PrivateKeyDer::Pkcs8(der) => KeyPair::from_pkcs8(der.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(der) => KeyPair::from_der(der.secret_pkcs1_der()),
            _ => return Err(WRONG.to_owned()),
        };
        Ok(Self { pair: pair.map_err(|_| WRONG)?, id })
    }

    /// The assertion of an account that it wants a token, made at `now`, in seconds since 1970.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub(super) fn assertion(
        &self,
        email: &str,
        scope: &str,
        audience: &str,
        now: u64,
    ) -> Result<String, String> {
        /// The most that Google allows.
        const LIFETIME: u64 = 3600;
        let mut header = json!({"alg": "RS256", "typ": "JWT"});
        if let (Some(header), Some(id)) = (header.as_object_mut(), &self.id) {
            header.insert("kid".to_owned(), id.as_str().into());
        }
        let claims = json!({
            "iss": email,
            "scope": scope,
            "aud": audience,
            "iat": now,
            "exp": now.saturating_add(LIFETIME),
        });
        let encode = |json: &serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let mut assertion = format!("{}.{}", encode(&header), encode(&claims));
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), assertion.as_bytes(), &mut signature)
            .map_err(|_| "the request for a token cannot be signed".to_owned())?;
        assertion.push('.');
        assertion.push_str(&URL_SAFE_NO_PAD.encode(&signature));
        Ok(assertion)
    }
}
