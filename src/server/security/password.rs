//! Passwords: hashing with argon2id, and checking with argon2 and bcrypt, on separate threads.
//!
//! A hash takes 64 MiB and a tenth of a second of one core. There are as many hashing threads as cores. Each thread
//! keeps its memory between hashes, and gives it back when it is idle. A limited number of logins wait in a queue. So a
//! thousand logins at once take two times 64 MiB on two cores, and the async threads stay free for other requests.

mod bcrypt;

use std::{num::NonZeroUsize, sync::Arc, thread, time::Duration};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use prometheus_client::metrics::histogram::Histogram;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit, oneshot};

use crate::server::{clock, settings::PasswordSettings};

/// How long a hashing thread keeps its memory without a job.
const IDLE: Duration = Duration::from_secs(10);

/// The most memory of an argon2 hash from elsewhere, in KiB.
const MOST_MEMORY_KIB: u32 = 1024 * 1024;

/// The most work of an argon2 hash from elsewhere, in KiB times passes. It takes about two seconds.
const MOST_WORK_KIB: u64 = 2 * 1024 * 1024;

/// The most passes and the most lanes of an argon2 hash from elsewhere. Each has a cost of its own.
const MOST_ROUNDS: u32 = 256;

/// Work for a hashing thread, with the thread's memory.
type Job = Box<dyn FnOnce(&mut Vec<Block>) + Send>;

/// The hashing threads and the queue in front of them.
pub struct Passwords {
    /// One permit for each login that waits or hashes. The request holds it: when the request ends, its place is free.
    places: Semaphore,
    /// One permit for each thread. The job holds it: when a request ends early, its thread still finishes the hash.
    threads: Arc<Semaphore>,
    jobs: Sender<Job>,
    /// How many places the queue has, including those of callers that hash.
    size: usize,
    /// How long hashes took.
    seconds: Histogram,
    params: Params,
    /// The hash for unknown users: no password fits it, and checking it costs as much as a real one.
    nobodys: Argon2Hash,
}

/// Why a password was neither checked nor hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// The queue is full.
    #[error("too many logins are waiting")]
    Busy,
    /// Memory or randomness ran out.
    #[error("hashing failed")]
    Failed,
}

impl Passwords {
    /// Starts the hashing threads. They end when the value is dropped. `seconds` records how long each hash takes.
    ///
    /// # Errors
    /// [`HashError::Failed`] if argon2 refuses the parameters, or the system provides no randomness or no threads.
    pub fn start(settings: &PasswordSettings, seconds: Histogram) -> Result<Self, HashError> {
        let params = Params::new(settings.memory_kib, settings.iterations, settings.parallelism, None)
            .map_err(|_| HashError::Failed)?;
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let threads = settings.threads.unwrap_or(cores);
        let (jobs, queue) = unbounded::<Job>();
        for number in 0..threads {
            let queue = queue.clone();
            thread::Builder::new()
                .name(format!("hashing-{number}"))
                .spawn(move || work(&queue, IDLE))
                .map_err(|_| HashError::Failed)?;
        }
        let mut nothing = [0; Params::DEFAULT_OUTPUT_LEN];
        getrandom::fill(&mut nothing).map_err(|_| HashError::Failed)?;
        Ok(Self {
            places: Semaphore::new(threads + settings.queue),
            size: threads + settings.queue,
            seconds,
            threads: Arc::new(Semaphore::new(threads)),
            jobs,
            nobodys: Argon2Hash::new(params.clone(), new_salt()?, &nothing)?,
            params,
        })
    }

    /// How many places in the queue are taken, including those of callers that hash.
    pub fn queue_length(&self) -> usize {
        self.size.saturating_sub(self.places.available_permits())
    }

    /// Takes a place in the queue. Dropping the value frees the place.
    ///
    /// # Errors
    /// [`HashError::Busy`] if the queue is full.
    pub fn queue(&self) -> Result<Place<'_>, HashError> {
        let permit = self.places.try_acquire().map_err(|_| HashError::Busy)?;
        Ok(Place { passwords: self, _permit: permit })
    }

    /// The PHC string to store for `password`: argon2id with the parameters of the settings and a new salt.
    ///
    /// # Errors
    /// [`HashError`].
    pub async fn get_password_hash(&self, password: String) -> Result<String, HashError> {
        self.queue()?.turn().await?.get_password_hash(password).await
    }

    /// Whether `hashed_password` is of another kind, or has other parameters, than those that
    /// [`Passwords::get_password_hash`] makes today.
    pub fn is_outdated(&self, hashed_password: &str) -> bool {
        let Some(hash) = Argon2Hash::read(hashed_password) else { return bcrypt::cost(hashed_password).is_some() };
        let made_with = (hash.algorithm, hash.version, cost(&hash.params));
        made_with != (Algorithm::Argon2id, Version::V0x13, cost(&self.params))
    }
}

/// A place in the queue.
pub struct Place<'a> {
    passwords: &'a Passwords,
    _permit: SemaphorePermit<'a>,
}

/// A caller's turn. The caller has one thread until the value is dropped and its last hash is done.
pub struct Turn<'a> {
    place: Place<'a>,
    /// The permit of the thread. The job has it while the thread works.
    thread: Option<OwnedSemaphorePermit>,
}

impl<'a> Place<'a> {
    /// Waits for this caller's turn, and takes a thread.
    ///
    /// # Errors
    /// [`HashError::Failed`].
    pub async fn turn(self) -> Result<Turn<'a>, HashError> {
        let threads = Arc::clone(&self.passwords.threads);
        let thread = threads.acquire_owned().await.map_err(|_| HashError::Failed)?;
        Ok(Turn { place: self, thread: Some(thread) })
    }
}

impl<'a> Turn<'a> {
    /// The hashing threads that this turn belongs to.
    pub fn passwords(&self) -> &'a Passwords {
        self.place.passwords
    }

    /// Whether `hashed_password` was made from `plain_password`. Without a hash the answer is no, and the check takes as
    /// long. `top_bcrypt` is the highest cost of all users' bcrypt hashes. While there is one, every check computes an argon2
    /// hash and as much bcrypt as that cost takes, so that its time does not tell what kind of hash a user has.
    ///
    /// # Errors
    /// [`HashError::Failed`].
    pub async fn verify_password(
        &mut self,
        plain_password: String,
        hashed_password: Option<String>,
        top_bcrypt: Option<u32>,
    ) -> Result<bool, HashError> {
        let argon2 = hashed_password.as_deref().and_then(Argon2Hash::read);
        let argon2 = argon2.unwrap_or_else(|| self.passwords().nobodys.clone());
        let password = plain_password.clone();
        let fits_argon2 = self.run(move |memory| argon2.verify(&password, memory)).await??;
        let bcrypt_cost = hashed_password.as_deref().and_then(bcrypt::cost);
        let Some(top) = top_bcrypt.max(bcrypt_cost) else { return Ok(fits_argon2) };
        let fits_bcrypt = self.run(move |_| bcrypt::verify(&plain_password, hashed_password.as_deref(), top)).await?;
        Ok(fits_argon2 || fits_bcrypt)
    }

    /// [`Passwords::get_password_hash`], in this turn.
    ///
    /// # Errors
    /// [`HashError::Failed`].
    pub async fn get_password_hash(&mut self, password: String) -> Result<String, HashError> {
        let params = self.passwords().params.clone();
        self.run(move |memory| {
            let salt = new_salt()?;
            let output = compute(Algorithm::Argon2id, Version::V0x13, &params, &password, &salt, memory)?;
            Argon2Hash::new(params, salt, &output)?.phc()
        })
        .await?
    }

    /// Runs `work` on the thread.
    async fn run<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let thread = self.thread.take().ok_or(HashError::Failed)?;
        let (reply, answer) = oneshot::channel();
        let seconds = self.passwords().seconds.clone();
        let job: Job = Box::new(move |memory| {
            let started = clock::monotonic();
            let result = work(memory);
            seconds.observe(started.elapsed().as_secs_f64());
            // The request may have ended meanwhile. Then the permit is dropped here, and the thread is free.
            let _ = reply.send((result, thread));
        });
        self.passwords().jobs.send(job).map_err(|_| HashError::Failed)?;
        let (result, thread) = answer.await.map_err(|_| HashError::Failed)?;
        self.thread = Some(thread);
        Ok(result)
    }
}

/// A hashing thread. It does one job after the other with the same memory, until the sender is dropped. A thread that
/// has no job for the time `idle` gives the memory back to the system.
fn work(queue: &Receiver<Job>, idle: Duration) {
    let mut memory = Vec::new();
    loop {
        // Without memory to give back, there is no reason to wake up.
        let job = if memory.is_empty() { queue.recv().map_err(Into::into) } else { queue.recv_timeout(idle) };
        match job {
            Ok(job) => job(&mut memory),
            Err(RecvTimeoutError::Timeout) => memory = Vec::new(),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Whether a stored hash is one that this server can check, in a bearable time.
pub fn is_known_hash(hashed_password: &str) -> bool {
    let is_bearable = |hash: Argon2Hash| {
        let (memory_kib, passes, lanes) = cost(&hash.params);
        memory_kib <= MOST_MEMORY_KIB
            && u64::from(memory_kib) * u64::from(passes) <= MOST_WORK_KIB
            && passes.max(lanes) <= MOST_ROUNDS
    };
    bcrypt::cost(hashed_password).is_some() || Argon2Hash::read(hashed_password).is_some_and(is_bearable)
}

/// An argon2 hash. Its text is a PHC string: `$argon2id$v=19$m=65536,t=3,p=4$salt$hash`.
#[derive(Clone)]
struct Argon2Hash {
    algorithm: Algorithm,
    version: Version,
    params: Params,
    salt: Salt,
    output: Output,
}

impl Argon2Hash {
    /// An argon2id hash of today's version.
    fn new(params: Params, salt: Salt, output: &[u8]) -> Result<Self, HashError> {
        let output = Output::new(output).map_err(|_| HashError::Failed)?;
        Ok(Self { algorithm: Algorithm::Argon2id, version: Version::V0x13, params, salt, output })
    }

    /// Reads a PHC string. `None` if it is anything that cannot be checked.
    fn read(text: &str) -> Option<Self> {
        let hash = PasswordHash::new(text).ok()?;
        // Before there was a second version, the string had none. passlib still leaves it out.
        let version = hash.version.map_or(Ok(Version::V0x10), Version::try_from).ok()?;
        let params = Params::try_from(&hash).ok()?;
        // A hash with the name of a key was made with that key.
        if !params.keyid().is_empty() {
            return None;
        }
        let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
        Some(Self { algorithm, version, params, salt: hash.salt?, output: hash.hash? })
    }

    /// Whether `password` fits.
    fn verify(&self, password: &str, memory: &mut Vec<Block>) -> Result<bool, HashError> {
        let output = compute(self.algorithm, self.version, &self.params, password, &self.salt, memory)?;
        // `Output` compares in constant time.
        Output::new(&output).map(|output| output == self.output).map_err(|_| HashError::Failed)
    }

    /// The PHC string.
    fn phc(&self) -> Result<String, HashError> {
        let hash = PasswordHash {
            algorithm: self.algorithm.ident(),
            version: Some(self.version.into()),
            params: ParamsString::try_from(&self.params).map_err(|_| HashError::Failed)?,
            salt: Some(self.salt),
            hash: Some(self.output),
        };
        Ok(hash.to_string())
    }
}

/// Computes the hash in the thread's memory.
fn compute(
    algorithm: Algorithm,
    version: Version,
    params: &Params,
    password: &str,
    salt: &Salt,
    memory: &mut Vec<Block>,
) -> Result<Vec<u8>, HashError> {
    let blocks = params.block_count();
    // All new hashes of a server need the same memory. After a larger hash from elsewhere, the memory shrinks again.
    if memory.len() != blocks {
        memory.clear();
        memory.shrink_to(blocks);
        memory.try_reserve_exact(blocks).map_err(|_| HashError::Failed)?;
        memory.resize(blocks, Block::default());
    }
    let mut output = vec![0; params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN)];
    Argon2::new(algorithm, version, params.clone())
        .hash_password_into_with_memory(password.as_bytes(), salt.as_ref(), &mut output, memory)
        .map_err(|_| HashError::Failed)?;
    Ok(output)
}

fn new_salt() -> Result<Salt, HashError> {
    let mut salt = [0; Salt::RECOMMENDED_LENGTH];
    getrandom::fill(&mut salt).map_err(|_| HashError::Failed)?;
    Salt::new(&salt).map_err(|_| HashError::Failed)
}

/// The cost of a hash: m in KiB, t and p.
fn cost(params: &Params) -> (u32, u32, u32) {
    (params.m_cost(), params.t_cost(), params.p_cost())
}

#[cfg(test)]
mod proptests;
#[cfg(test)]
mod tests;
