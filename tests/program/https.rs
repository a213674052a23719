//! HTTPS without a proxy.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::Arc,
    time::Duration,
};

use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, pki_types::CertificateDer};

use super::support::{Home, Server};

const STATUS: &str = "GET /status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// A home with a certificate for `localhost`, and a client configuration that trusts only that certificate.
fn home() -> (Home, Arc<ClientConfig>) {
    let home = Home::new().with("CLOAKROOM__TLS__CERTIFICATE", "cert.pem").with("CLOAKROOM__TLS__KEY", "key.pem");
    let trust = renew_certificate(&home);
    (home, trust)
}

fn renew_certificate(home: &Home) -> Arc<ClientConfig> {
    let new = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    std::fs::write(home.path("key.pem"), new.signing_key.serialize_pem()).expect("a writable folder");
    std::fs::write(home.path("cert.pem"), new.cert.pem()).expect("a writable folder");
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(new.cert.der().to_vec())).expect("a certificate");
    Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}

/// The answer to a request by HTTPS, or `None` if the client does not trust the server's certificate.
fn ask(server: &Server, trust: &Arc<ClientConfig>, request: &str) -> Option<String> {
    let client = ClientConnection::new(Arc::clone(trust), "localhost".try_into().expect("a name")).expect("a client");
    let mut stream = StreamOwned::new(client, TcpStream::connect(&server.address).expect("a connection"));
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

#[test]
fn with_a_certificate_the_server_speaks_https_and_nothing_else() {
    let (home, trust) = home();
    let server = home.serve();
    let answer = ask(&server, &trust, STATUS).expect("a trusted connection");
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    assert!(answer.contains("strict-transport-security: max-age=31536000\r\n"), "{answer}");
    let metadata = STATUS.replace("/status", "/.well-known/oauth-authorization-server");
    let metadata = ask(&server, &trust, &metadata).expect("a trusted connection");
    assert!(metadata.contains(&format!(r#""issuer":"https://{}""#, server.address)), "{metadata}");

    let mut plain = server.begin(STATUS);
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
}

#[test]
fn a_certificate_that_is_renewed_is_used_without_a_restart_and_one_that_is_broken_is_not() {
    let (home, old) = home();
    let server = home.serve();
    let new = renew_certificate(&home);
    while ask(&server, &new, STATUS).is_none() {
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(ask(&server, &old, STATUS).is_none(), "the old certificate is no longer used");
    std::fs::write(home.path("cert.pem"), "no certificate").expect("a writable folder");
    // Longer than the server needs to notice the change.
    std::thread::sleep(Duration::from_secs(3));
    assert!(ask(&server, &new, STATUS).is_some(), "the last valid certificate is kept");
}

#[test]
fn a_certificate_that_can_not_be_used_stops_the_start() {
    let (home, _) = home();
    std::fs::write(home.path("key.pem"), "no key").expect("a writable folder");
    assert!(home.fail(&[], "").contains("key.pem cannot be read as PEM"));
    renew_certificate(&home);
    let other = rcgen::KeyPair::generate().expect("a key").serialize_pem();
    std::fs::write(home.path("key.pem"), other).expect("a writable folder");
    assert!(home.fail(&[], "").contains("cert.pem and its key cannot be used"));
    std::fs::remove_file(home.path("cert.pem")).expect("a file");
    assert!(home.fail(&[], "").contains("cert.pem cannot be read as PEM"));
}
