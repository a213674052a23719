//! Passwords: hashing and checking with argon2id, on threads of their own.
//!
//! A hash wants 64 MiB and a tenth of a second of one core. As many threads as there are cores do nothing else, each
//! keeps its memory between hashes, and a bounded number of logins wait for them: a thousand logins at once cost two
//! times 64 MiB on a machine with two cores, and the async threads go on answering everything else.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use prometheus_client::metrics::histogram::Histogram;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit, oneshot};

use crate::server::{clock, metrics::durations, settings::PasswordSettings};

/// A piece of work for a hashing thread, which lends its memory.
type Job = Box<dyn FnOnce(&mut Vec<Block>) + Send>;

/// The hashing threads and the queue in front of them.
pub struct Passwords {
    /// One permit for each login that may be waiting or hashing. Held by the request: a client that goes away gives
    /// its place back at once.
    places: Semaphore,
    /// One permit for each thread. Held by the job: a client that goes away does not stop the hash it started, so its
    /// thread is not free until that is done.
    threads: Arc<Semaphore>,
    jobs: mpsc::Sender<Job>,
    /// How many places there are.
    size: usize,
    /// How long hashes took.
    pub seconds: Histogram,
    params: Params,
    /// What an unknown user's password is compared with: never equal to anything, and as costly as a real one.
    nobodys: String,
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
    /// Starts the hashing threads. They end when the value is dropped.
    ///
    /// # Errors
    /// [`HashError::Failed`] for parameters that argon2 does not know, or without randomness or threads.
    pub fn start(settings: &PasswordSettings) -> Result<Self, HashError> {
        let params = Params::new(settings.memory_kib, settings.iterations, settings.parallelism, None)
            .map_err(|_| HashError::Failed)?;
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let threads = settings.threads.unwrap_or(cores);
        let (jobs, queue) = mpsc::channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        for number in 0..threads {
            let queue = Arc::clone(&queue);
            thread::Builder::new()
                .name(format!("hashing-{number}"))
                .spawn(move || work(&queue))
                .map_err(|_| HashError::Failed)?;
        }
        let mut nothing = [0; Params::DEFAULT_OUTPUT_LEN];
        getrandom::fill(&mut nothing).map_err(|_| HashError::Failed)?;
        Ok(Self {
            places: Semaphore::new(threads + settings.queue),
            size: threads + settings.queue,
            seconds: durations(),
            threads: Arc::new(Semaphore::new(threads)),
            jobs,
            nobodys: phc(&params, new_salt()?, &nothing)?,
            params,
        })
    }

    /// How many callers hash or wait for their turn.
    pub fn in_hand(&self) -> usize {
        self.size.saturating_sub(self.places.available_permits())
    }

    /// Whether the next caller would be turned away.
    pub fn is_full(&self) -> bool {
        self.places.available_permits() == 0
    }

    /// A thread to hash on, once it is this caller's turn. Given back with the value.
    ///
    /// # Errors
    /// [`HashError::Busy`] at once, where too many are waiting already.
    pub async fn turn(&self) -> Result<Turn<'_>, HashError> {
        let place = self.places.try_acquire().map_err(|_| HashError::Busy)?;
        let thread = Arc::clone(&self.threads).acquire_owned().await.map_err(|_| HashError::Failed)?;
        Ok(Turn { passwords: self, _place: place, thread: Some(thread) })
    }

    /// The PHC string to keep for `password`: argon2id with the parameters of the settings and a new salt.
    ///
    /// # Errors
    /// [`HashError`].
    pub async fn get_password_hash(&self, password: String) -> Result<String, HashError> {
        self.turn().await?.get_password_hash(password).await
    }

    /// Whether `hashed_password` was made in another way than [`Passwords::get_password_hash`] would make it today.
    pub fn is_outdated(&self, hashed_password: &str) -> bool {
        let Ok(hash) = PasswordHash::new(hashed_password) else { return false };
        let made_with = (hash.algorithm, hash.version, Params::try_from(&hash.params).ok().map(cost));
        made_with != (Algorithm::Argon2id.ident(), Some(Version::V0x13.into()), Some(cost(self.params.clone())))
    }
}

/// A caller's turn: until the value is dropped, and no hash is under way that it began, one thread is the caller's.
pub struct Turn<'a> {
    /// Whose threads they are.
    pub passwords: &'a Passwords,
    _place: SemaphorePermit<'a>,
    /// Away with the job while one is being done.
    thread: Option<OwnedSemaphorePermit>,
}

impl Turn<'_> {
    /// Whether `plain_password` is the one that `hashed_password`, a PHC string, was made from. Without a hash it is
    /// not, after as long a time.
    ///
    /// # Errors
    /// [`HashError::Failed`].
    pub async fn verify_password(
        &mut self,
        plain_password: String,
        hashed_password: Option<String>,
    ) -> Result<bool, HashError> {
        let nobodys = || self.passwords.nobodys.clone();
        let hashed_password = hashed_password.filter(|hash| is_argon2(hash)).unwrap_or_else(nobodys);
        self.run(move |memory| verify(&plain_password, &hashed_password, memory)).await?
    }

    /// [`Passwords::get_password_hash`], in this turn.
    ///
    /// # Errors
    /// [`HashError::Failed`].
    pub async fn get_password_hash(&mut self, password: String) -> Result<String, HashError> {
        let params = self.passwords.params.clone();
        self.run(move |memory| {
            let salt = new_salt()?;
            let output = compute(Algorithm::Argon2id, Version::V0x13, &params, &password, &salt, memory)?;
            phc(&params, salt, &output)
        })
        .await?
    }

    /// Has the thread do `work`.
    async fn run<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let thread = self.thread.take().ok_or(HashError::Failed)?;
        let (reply, answer) = oneshot::channel();
        let seconds = self.passwords.seconds.clone();
        let job: Job = Box::new(move |memory| {
            let started = clock::monotonic();
            let result = work(memory);
            seconds.observe(started.elapsed().as_secs_f64());
            // The client may have gone away meanwhile: the thread is free then.
            let _ = reply.send((result, thread));
        });
        self.passwords.jobs.send(job).map_err(|_| HashError::Failed)?;
        let (result, thread) = answer.await.map_err(|_| HashError::Failed)?;
        self.thread = Some(thread);
        Ok(result)
    }
}

/// A hashing thread's life: one job after the other, with the same memory, until there is nobody left to send one.
fn work(queue: &Mutex<mpsc::Receiver<Job>>) {
    let mut memory = Vec::new();
    loop {
        // The lock is let go before the job is done, so that the next thread can wait for the next one.
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(job) => job(&mut memory),
            Err(mpsc::RecvError) => return,
        }
    }
}

/// Whether a stored hash is of a kind that this server can check.
fn is_argon2(hashed_password: &str) -> bool {
    PasswordHash::new(hashed_password).is_ok_and(|hash| Algorithm::try_from(hash.algorithm.as_str()).is_ok())
}

/// Whether `password` is the one behind the PHC string. One that is not an argon2 hash belongs to no password.
fn verify(password: &str, hashed_password: &str, memory: &mut Vec<Block>) -> Result<bool, HashError> {
    let Ok(hash) = PasswordHash::new(hashed_password) else { return Ok(false) };
    let (Ok(algorithm), Ok(params), Some(salt), Some(expected)) =
        (Algorithm::try_from(hash.algorithm.as_str()), Params::try_from(&hash), &hash.salt, &hash.hash)
    else {
        return Ok(false);
    };
    let version = hash.version.map_or(Ok(Version::default()), Version::try_from);
    let Ok(version) = version else { return Ok(false) };
    let output = compute(algorithm, version, &params, password, salt, memory)?;
    // In constant time: phc's Output is compared that way.
    Output::new(&output).map(|output| output == *expected).map_err(|_| HashError::Failed)
}

/// The hash itself, in the memory that the thread keeps.
fn compute(
    algorithm: Algorithm,
    version: Version,
    params: &Params,
    password: &str,
    salt: &Salt,
    memory: &mut Vec<Block>,
) -> Result<Vec<u8>, HashError> {
    let blocks = params.block_count();
    // Hashes of one server have one size; what a larger one from elsewhere needed is given back after it.
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

/// The PHC string: `$argon2id$v=19$m=65536,t=3,p=4$salt$hash`.
fn phc(params: &Params, salt: Salt, output: &[u8]) -> Result<String, HashError> {
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params).map_err(|_| HashError::Failed)?,
        salt: Some(salt),
        hash: Some(Output::new(output).map_err(|_| HashError::Failed)?),
    };
    Ok(hash.to_string())
}

/// What a hash costs: m in KiB, t and p.
fn cost(params: Params) -> (u32, u32, u32) {
    (params.m_cost(), params.t_cost(), params.p_cost())
}

#[cfg(test)]
mod tests {
    use std::{
        pin::{Pin, pin},
        task::Poll,
        time::Duration,
    };

    use super::*;

    /// The tutorial's own hash of `secret`, made by pwdlib.
    const TUTORIALS: &str =
        "$argon2id$v=19$m=65536,t=3,p=4$wagCPXjifgvUFBzq4hqe3w$CYaIb8sB+wtD+Vu/P4uod1+Qof8h+1g7bbDlBID48Rc";

    fn passwords(memory_kib: u32, threads: usize, queue: usize) -> Passwords {
        let settings = PasswordSettings { memory_kib, iterations: 1, parallelism: 1, threads: Some(threads), queue };
        Passwords::start(&settings).expect("parameters that argon2 knows")
    }

    async fn verify_password(passwords: &Passwords, password: &str, hash: Option<&str>) -> Result<bool, HashError> {
        passwords.turn().await?.verify_password(password.to_owned(), hash.map(str::to_owned)).await
    }

    async fn run<T: Send + 'static>(
        passwords: &Passwords,
        work: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
    ) -> Result<T, HashError> {
        passwords.turn().await?.run(work).await
    }

    #[tokio::test]
    async fn the_tutorials_hash_verifies_secret_and_nothing_else() {
        let passwords = passwords(64, 1, 8);
        for (password, right) in [("secret", true), ("Secret", false), ("secret\0", false), ("", false)] {
            let verified = verify_password(&passwords, password, Some(TUTORIALS)).await;
            assert_eq!(verified, Ok(right), "{password:?}");
        }
    }

    #[tokio::test]
    async fn a_new_hash_is_a_phc_string_that_verifies_its_password() {
        let passwords = passwords(64, 1, 8);
        let hash = passwords.get_password_hash("päss\0word".to_owned()).await.expect("a hash");
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{hash}");
        assert_eq!(verify_password(&passwords, "päss\0word", Some(&hash)).await, Ok(true));
        assert_eq!(verify_password(&passwords, "päss", Some(&hash)).await, Ok(false));
    }

    #[tokio::test]
    async fn two_hashes_of_one_password_differ() {
        let passwords = passwords(64, 1, 8);
        let one = passwords.get_password_hash("correct horse".to_owned()).await;
        assert_ne!(one, passwords.get_password_hash("correct horse".to_owned()).await);
    }

    #[tokio::test]
    async fn without_a_hash_or_with_one_of_another_kind_no_password_is_right() {
        let passwords = passwords(64, 1, 8);
        assert_eq!(verify_password(&passwords, "secret", None).await, Ok(false));
        let bcrypt = "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW";
        assert_eq!(verify_password(&passwords, "secret", Some(bcrypt)).await, Ok(false));
    }

    #[test]
    fn a_hash_with_other_parameters_is_outdated() {
        let passwords = passwords(64, 1, 8);
        assert!(passwords.is_outdated(TUTORIALS));
        assert!(!passwords.is_outdated(&TUTORIALS.replace("m=65536,t=3,p=4", "m=64,t=1,p=1")));
        assert!(passwords.is_outdated(&TUTORIALS.replace("m=65536,t=3,p=4", "m=64,t=1,p=1").replace("2id", "2i")));
        assert!(passwords.is_outdated(&TUTORIALS.replace("m=65536,t=3,p=4", "m=64,t=1,p=1").replace("v=19", "v=16")));
    }

    /// Starts to wait for a hash, as a request does, without finishing.
    async fn begin<T>(future: Pin<&mut impl Future<Output = T>>) {
        assert!(futures::poll!(future).is_pending());
    }

    #[tokio::test]
    async fn a_full_queue_says_so_at_once_and_a_client_that_leaves_frees_its_place() {
        let passwords = passwords(64 * 1024, 1, 1);
        let mut hashing = pin!(passwords.get_password_hash("one".to_owned()));
        begin(hashing.as_mut()).await;
        {
            let mut waiting = pin!(passwords.get_password_hash("two".to_owned()));
            begin(waiting.as_mut()).await;
            let refused = futures::poll!(pin!(passwords.get_password_hash("three".to_owned())));
            assert_eq!(refused, Poll::Ready(Err(HashError::Busy)));
        }
        let mut next = pin!(passwords.get_password_hash("four".to_owned()));
        begin(next.as_mut()).await;
        assert!(hashing.await.is_ok());
        assert!(next.await.is_ok());
    }

    #[tokio::test]
    async fn clients_that_leave_never_make_more_hashes_run_than_there_are_threads() {
        let passwords = passwords(64, 2, 100);
        let (started, running) = mpsc::channel();
        let (release, held) = mpsc::channel::<()>();
        let held = Arc::new(Mutex::new(held));
        let hold = |started: mpsc::Sender<()>, held: Arc<Mutex<mpsc::Receiver<()>>>| {
            move |_: &mut Vec<Block>| {
                let _ = started.send(());
                let _ = held.lock().map(|held| held.recv());
            }
        };
        for _ in 0..10 {
            // Each of these clients asks and is gone.
            let mut client = Box::pin(run(&passwords, hold(started.clone(), Arc::clone(&held))));
            begin(client.as_mut()).await;
        }
        let next = |patience| running.recv_timeout(patience);
        assert!(next(Duration::from_secs(30)).is_ok() && next(Duration::from_secs(30)).is_ok());
        assert!(next(Duration::from_millis(200)).is_err(), "a third hash was started on two threads");
        drop(release);
        assert_eq!(run(&passwords, |_| 5).await, Ok(5), "the threads are free again");
    }

    #[tokio::test]
    async fn a_thread_gives_back_what_a_larger_hash_from_elsewhere_needed() {
        let passwords = passwords(64, 1, 8);
        assert_eq!(verify_password(&passwords, "secret", Some(TUTORIALS)).await, Ok(true));
        assert!(passwords.get_password_hash("small".to_owned()).await.is_ok());
        let kept = run(&passwords, |memory| memory.capacity()).await;
        assert_eq!(kept, Ok(64));
    }
}
