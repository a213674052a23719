//! HTTPS without a proxy. The certificate and its key are in two files. They are read again when they change.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock, Weak},
    time::{Duration, SystemTime},
};

use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject},
    },
};

/// How often the files are checked for changes.
const INTERVAL: Duration = Duration::from_secs(2);

/// The certificate and key for HTTPS.
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<ServerConfig>>,
}

/// Why the certificate or its key cannot be used. The message is one line.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or is not valid PEM.
    #[error("{0} cannot be read as PEM: {1}")]
    File(PathBuf, #[source] pem::Error),
    /// The certificate and the key do not fit together.
    #[error("the certificate {0} and its key cannot be used: {1}")]
    Unusable(PathBuf, #[source] rustls::Error),
}

impl Tls {
    /// Reads the certificate chain and its key. Reads them again when one of the files changes. If the new files cannot
    /// be used, this is logged, and the old certificate stays in use.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn load(certificate: &Path, key: &Path) -> Result<Arc<Self>, TlsError> {
        let changed = changed(certificate, key);
        let tls = Arc::new(Self {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            current: RwLock::new(read(certificate, key)?),
        });
        tokio::spawn(watch(Arc::downgrade(&tls), changed));
        Ok(tls)
    }

    /// The TLS acceptor for the next connection.
    pub fn acceptor(&self) -> TlsAcceptor {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)).into()
    }

    /// Reads the files again. Returns the error, if there is one.
    fn reload(&self) -> Option<String> {
        match read(&self.certificate, &self.key) {
            Ok(config) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = config;
                tracing::info!(certificate = %self.certificate.display(), "the certificate was read again");
                None
            }
            Err(error) => Some(error.to_string()),
        }
    }
}

/// When each file was last changed. `None` if that is unknown.
type Changed = [Option<SystemTime>; 2];

fn changed(certificate: &Path, key: &Path) -> Changed {
    [certificate, key].map(|path| fs::metadata(path).and_then(|file| file.modified()).ok())
}

/// Checks the files regularly, as long as the [`Tls`] is in use.
async fn watch(tls: Weak<Tls>, mut seen: Changed) {
    let mut problem = None;
    loop {
        tokio::time::sleep(INTERVAL).await;
        let Some(tls) = tls.upgrade() else { return };
        let looked = tokio::task::spawn_blocking(move || {
            let now = changed(&tls.certificate, &tls.key);
            let problem = if now == seen { None } else { tls.reload() };
            (now, problem)
        });
        let Ok((now, new_problem)) = looked.await else { return };
        match &new_problem {
            None => seen = now,
            // Tried again until it works: permissions may be corrected later. The same error is logged once.
            Some(error) if new_problem != problem => {
                tracing::error!(error, "the new certificate cannot be used; the old one stays in use");
            }
            Some(_) => {}
        }
        problem = new_problem;
    }
}

fn read(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| TlsError::File(certificate.to_owned(), error))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| TlsError::File(key.to_owned(), error))?;
    ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map(|mut config| {
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
            Arc::new(config)
        })
        .map_err(|error| TlsError::Unusable(certificate.to_owned(), error))
}
