//! Hashing with few KiB, and the queue with hashes that last.

use std::{
    pin::{Pin, pin},
    sync::{Mutex, mpsc},
    task::Poll,
    time::Duration,
};

use super::*;

/// The tutorial's own hash of `secret`, made by pwdlib.
const TUTORIALS: &str =
    "$argon2id$v=19$m=65536,t=3,p=4$wagCPXjifgvUFBzq4hqe3w$CYaIb8sB+wtD+Vu/P4uod1+Qof8h+1g7bbDlBID48Rc";

fn passwords(memory_kib: u32, threads: usize, queue: usize) -> Passwords {
    let settings =
        PasswordSettings { memory_kib, iterations: 1, parallelism: 1, threads: Some(threads), queue, min_length: 8 };
    Passwords::start(&settings, Histogram::new([1.0])).expect("parameters that argon2 knows")
}

async fn verify_password(passwords: &Passwords, password: &str, hash: Option<&str>) -> Result<bool, HashError> {
    passwords.queue()?.turn().await?.verify_password(password.to_owned(), hash.map(str::to_owned), None).await
}

async fn run<T: Send + 'static>(
    passwords: &Passwords,
    work: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
) -> Result<T, HashError> {
    passwords.queue()?.turn().await?.run(work).await
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

/// Hashes of `correct horse battery`, made by argon2-cffi and passlib.
const THEIRS: [&str; 7] = [
    "$argon2id$v=19$m=64,t=2,p=2$hrB27l0rBaA0JsS49x6DsA$nTeNcQ5DRl75AIdUsETz1v34NyM01lvTTb82CBUDDiM",
    "$argon2id$v=16$m=64,t=2,p=2$MDEyMzQ1Njc4OWFiY2RlZg$Cu7QM9U+Pz8xbojZkCxJwEngjXKgPRDTTGZouSgokC4",
    "$argon2i$v=19$m=64,t=2,p=2$2rt3zlnrfe+dU2oNgbC2dg$FbCPUlgoULaMRHM9Rl6zJxlTj5CGE4bzuVZlpokaO1g",
    "$argon2d$v=19$m=64,t=2,p=2$MDEyMzQ1Njc4OWFiY2RlZg$chU8VYx4mlF39mRO8B/2TbOSJWpfPRS3IwMAQuzzfDc",
    // passlib leaves the version out if it is 16.
    "$argon2i$m=64,t=2,p=2$MDEyMzQ1Njc4OWFiY2RlZg$jmnsgDy71SEu+ndf6nKcMMHrDgQ/W/aWze4Wt6gIrvQ",
    "$argon2d$m=64,t=2,p=2$MDEyMzQ1Njc4OWFiY2RlZg$eZO0qRkQO9yqIVijJLdjBUAEPSZzavyafgS+v243hbA",
    "$2b$04$Y1WCs82pVVl83IxCRxlRMOzsJmkCnV8QK2Gs03eq.DuN21VpoaOL2",
];

#[tokio::test]
async fn the_hashes_of_other_services_verify_their_password_and_are_outdated() {
    let passwords = passwords(64, 1, 8);
    for hash in THEIRS {
        assert!(is_known_hash(hash), "{hash}");
        assert!(passwords.is_outdated(hash), "{hash}");
        assert_eq!(verify_password(&passwords, "correct horse battery", Some(hash)).await, Ok(true), "{hash}");
        assert_eq!(verify_password(&passwords, "correct horse batterx", Some(hash)).await, Ok(false), "{hash}");
    }
}

#[tokio::test]
async fn without_a_hash_or_with_one_that_cannot_be_checked_no_password_is_right() {
    let passwords = passwords(64, 1, 8);
    assert_eq!(verify_password(&passwords, "secret", None).await, Ok(false));
    for hash in [
        "",
        "secret",
        "$1$salt$hash",
        "$argon2id$v=19$m=64,t=1,p=1",
        "$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg",
        &THEIRS[0].replace("argon2id", "argon2x"),
        &THEIRS[0].replace("v=19", "v=18"),
        &THEIRS[0].replace("m=64", "m=8"),
        &THEIRS[0].replace("p=2", "p=2,keyid=Hj5+dsK0"),
        &THEIRS[6].replace("$2b$", "$2x$"),
        &THEIRS[6].replace("$04$", "$16$"),
    ] {
        assert!(!is_known_hash(hash), "{hash}");
        assert_eq!(verify_password(&passwords, "correct horse battery", Some(hash)).await, Ok(false), "{hash}");
    }
}

#[test]
fn a_hash_that_would_keep_a_thread_busy_is_not_a_known_one() {
    let with = |costs: &str| THEIRS[0].replace("m=64,t=2,p=2", costs);
    for bearable in ["m=65536,t=3,p=4", "m=102400,t=2,p=8", "m=1048576,t=2,p=4", "m=64,t=256,p=1", "m=4096,t=3,p=256"] {
        assert!(is_known_hash(&with(bearable)), "{bearable}");
    }
    for unbearable in [
        "m=1048577,t=1,p=4",
        "m=1048576,t=3,p=4",
        "m=64,t=257,p=1",
        "m=65536,t=1,p=257",
        "m=64,t=4294967295,p=1",
        "m=4294967295,t=1,p=1",
    ] {
        assert!(!is_known_hash(&with(unbearable)), "{unbearable}");
    }
}

/// How many jobs the threads have done.
fn jobs(passwords: &Passwords) -> String {
    let mut registry = prometheus_client::registry::Registry::default();
    registry.register("seconds", "", passwords.seconds.clone());
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).expect("text");
    text.lines().find_map(|line| line.strip_prefix("seconds_count ")).expect("a count").to_owned()
}

#[tokio::test]
async fn while_there_are_bcrypt_hashes_every_check_computes_bcrypt_besides_its_argon2_hash() {
    for hash in [None, Some(TUTORIALS), Some(THEIRS[6]), Some("no hash at all")] {
        for (top, expected) in [(None, if hash == Some(THEIRS[6]) { "2" } else { "1" }), (Some(4), "2"), (Some(6), "2")]
        {
            let passwords = passwords(64, 1, 8);
            let mut turn = passwords.queue().expect("a place").turn().await.expect("a thread");
            let wrong = turn.verify_password("wrong".to_owned(), hash.map(str::to_owned), top).await;
            assert_eq!(wrong, Ok(false));
            assert_eq!(jobs(&passwords), expected, "{hash:?} {top:?}");
        }
    }
}

#[test]
fn a_hash_with_other_parameters_is_outdated() {
    let passwords = passwords(64, 1, 8);
    assert!(passwords.is_outdated(TUTORIALS));
    assert!(!passwords.is_outdated(&TUTORIALS.replace("m=65536,t=3,p=4", "m=64,t=1,p=1")));
    assert!(passwords.is_outdated(&TUTORIALS.replace("m=65536,t=3,p=4", "m=64,t=1,p=1").replace("2id", "2i")));
    assert!(passwords.is_outdated(&TUTORIALS.replace("m=65536,t=3,p=4", "m=64,t=1,p=1").replace("v=19", "v=16")));
}

/// Polls the future once, as a request does. It must not be ready yet.
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
        // Each of these clients sends a request and disconnects.
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

#[test]
fn a_thread_without_a_job_gives_its_memory_back() {
    let (jobs, queue) = unbounded::<Job>();
    let thread = thread::spawn(move || work(&queue, Duration::from_millis(10)));
    let send = |job: Job| jobs.send(job).expect("a thread");
    send(Box::new(|memory| memory.resize(1024, Block::default())));
    let (reply, kept) = mpsc::channel();
    loop {
        thread::sleep(Duration::from_millis(50));
        let reply = reply.clone();
        send(Box::new(move |memory| reply.send(memory.capacity()).expect("a test")));
        if kept.recv().expect("an answer") == 0 {
            break;
        }
    }
    drop(jobs);
    thread.join().expect("the thread ends with its queue");
}
