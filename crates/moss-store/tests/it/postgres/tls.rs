//! Connections that are encrypted.

use moss_graph::checkpoint::{StoreError, StoreErrorCode};
use moss_store::{PostgresOptions, PostgresStore};

use super::server::{Network, network};
use crate::support::Conversation;

impl Network {
    async fn connect(
        &self,
        mode: &str,
        root_certificates: Option<&str>,
    ) -> Result<PostgresStore, StoreError> {
        let port = self.port;
        let url = format!("postgres://moss@localhost:{port}/postgres?sslmode={mode}");
        let root_certificates = root_certificates.map(|pem| pem.as_bytes().to_vec());
        PostgresStore::connect(&url, PostgresOptions { root_certificates, ..Default::default() })
            .await
    }
}

/// Whether the connections that say they are MOSS's are encrypted, as the server sees it.
async fn encrypted(network: &Network) -> Vec<bool> {
    let url = format!("postgres://moss@localhost:{}/postgres?sslmode=disable", network.port);
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let sql = "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
               WHERE application_name = 'moss' AND client_addr IS NOT NULL";
    client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// One test, for the server tells all connections of the process.
#[tokio::test]
async fn connections_over_the_network_are_encrypted_as_the_url_says() {
    let Some(network) = network() else { return };
    for mode in ["require", "verify-full", "prefer"] {
        let store = network.connect(mode, Some(&network.authority)).await.unwrap();
        Conversation::begin(&store, mode).await.commit(&[]).await;
        assert_eq!(encrypted(network).await, [true], "{mode}");
        store.close();
        // The server notices a little later.
        while !encrypted(network).await.is_empty() {}
    }
    let store = network.connect("disable", None).await.unwrap();
    assert_eq!(encrypted(network).await, [false]);
    drop(store);
}

#[tokio::test]
async fn a_server_whose_certificate_is_not_trusted_is_unavailable() {
    let Some(network) = network() else { return };
    for mode in ["require", "prefer"] {
        let error = network.connect(mode, None).await.unwrap_err();
        assert_eq!(error.code(), StoreErrorCode::StoreUnavailable, "{mode}: {error:?}");
        let mut causes = String::new();
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            causes.push_str(&format!("{error}\n"));
            cause = error.source();
        }
        assert!(causes.contains("certificate"), "{causes}");
    }
}

#[tokio::test]
async fn root_certificates_that_are_none_are_refused() {
    for pem in
        ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]
    {
        let options = PostgresOptions {
            root_certificates: Some(pem.as_bytes().to_vec()),
            ..PostgresOptions::default()
        };
        let error = PostgresStore::connect("postgres://moss@localhost:1/moss", options).await;
        let error = error.unwrap_err();
        assert_eq!(error.code(), StoreErrorCode::StoreUnavailable, "{error:?}");
        assert!(error.to_string().contains("root certificates"), "{error}");
    }
}
