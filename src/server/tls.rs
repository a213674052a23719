//! HTTPS without a proxy: the certificate and its key, read from two files, and read again when they change.

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

/// How often the files are looked at.
const INTERVAL: Duration = Duration::from_secs(2);

/// What HTTPS is spoken with.
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<ServerConfig>>,
}

/// Why HTTPS cannot be spoken: one line.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or holds something else.
    #[error("{0} cannot be read as PEM: {1}")]
    File(PathBuf, #[source] pem::Error),
    /// The two do not belong together.
    #[error("the certificate {0} and its key cannot be used: {1}")]
    Unusable(PathBuf, #[source] rustls::Error),
}

impl Tls {
    /// Reads the certificate, which may have others after it that vouch for it, and its key, and reads them again when
    /// one of the files changes. What cannot be used then is reported, and what was there is kept.
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

    /// What the next connection begins with.
    pub fn acceptor(&self) -> TlsAcceptor {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)).into()
    }

    /// Why it did not work, if it did not.
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

/// When the files were changed last, as far as that can be told.
type Changed = [Option<SystemTime>; 2];

fn changed(certificate: &Path, key: &Path) -> Changed {
    [certificate, key].map(|path| fs::metadata(path).and_then(|file| file.modified()).ok())
}

/// Looks at the files from time to time, for as long as somebody uses them.
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
            // Tried again until it works, as permissions may be set right later; said once.
            Some(error) if new_problem != problem => {
                tracing::error!(error, "the certificate has changed; the one from before is kept");
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
