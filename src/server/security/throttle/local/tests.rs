//! Tests of the counts. They choose the time, so no test waits.

use std::pin::pin;

use futures::StreamExt;

use super::*;
use crate::server::security::throttle::Guessed;

fn throttle() -> Local {
    Local::new(1000)
}

fn guess<'a>(username: &'a str, address: &str) -> Guess<'a> {
    let address = ClientAddress::new(address.parse().expect("an address"));
    Guess { at: Guessed::Password, username, password_version: Some(0), address, known: false }
}

fn known<'a>(username: &'a str, address: &str) -> Guess<'a> {
    Guess { known: true, ..guess(username, address) }
}

/// Makes a guess that ends like this. Returns `false` if the guess has to wait; then it is not made.
fn ends(throttle: &Local, guess: &Guess<'_>, end: End, now: Instant) -> bool {
    let keys = throttle.keys(guess);
    let admitted = throttle.lock().admit(&keys, now) == Admission::Admitted;
    if admitted {
        throttle.lock().end(&keys, end, now);
    }
    admitted
}

/// Makes a wrong guess. Returns `false` if the guess has to wait; then it is not made.
fn fails(throttle: &Local, guess: &Guess<'_>, now: Instant) -> bool {
    ends(throttle, guess, End::Failed, now)
}

/// Makes this many wrong guesses, each as soon as it is allowed. Returns the wait before each guess, in seconds.
fn waits(throttle: &Local, guess: &Guess<'_>, guesses: usize) -> Vec<u64> {
    let mut now = Instant::now();
    let mut waited = Vec::new();
    for _ in 0..guesses {
        let wait = throttle.check(guess, now).err().unwrap_or_default();
        now += wait;
        assert!(fails(throttle, guess, now), "the wait is over");
        waited.push(wait.as_secs_f64().ceil() as u64);
    }
    waited
}

#[test]
fn three_typos_cost_nothing_and_each_failure_after_the_fourth_doubles_the_wait() {
    let waited = waits(&throttle(), &guess("ada", "192.0.2.1"), 17);
    assert_eq!(waited, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 253, 497, 900, 900, 900]);
}

#[test]
fn whoever_read_the_clock_a_moment_before_another_was_counted_does_not_wait_for_that_one() {
    let (throttle, ada) = (throttle(), guess("ada", "192.0.2.1"));
    let before = Instant::now();
    let after = before + Duration::from_millis(1);
    assert_eq!(throttle.sign_up(ada.address, after), Ok(()));
    assert_eq!(throttle.sign_up(ada.address, before), Ok(()));
    assert!(fails(&throttle, &ada, after));
    assert_eq!(throttle.check(&ada, before), Ok(()));
}

#[test]
fn a_hundred_guesses_at_one_account_take_about_a_day() {
    let waited: u64 = waits(&throttle(), &guess("ada", "192.0.2.1"), 100).iter().sum();
    assert!((20 * 3600..26 * 3600).contains(&waited), "{waited} s");
}

#[test]
fn a_name_that_does_not_exist_waits_just_as_long() {
    let nobody = Guess { password_version: None, ..guess("nobody", "192.0.2.1") };
    let ada = guess("ada", "192.0.2.1");
    assert_eq!(waits(&throttle(), &nobody, 12), waits(&throttle(), &ada, 12));
}

#[test]
fn in_parallel_as_many_guesses_are_admitted_as_one_after_the_other() {
    let throttle = throttle();
    let mut now = Instant::now();
    let mut at_once = |throttle: &Local| {
        now += throttle.check(&guess("ada", "192.0.2.1"), now).err().unwrap_or_default();
        let guesses = (0..64).map(|number| throttle.keys(&guess("ada", &format!("198.51.100.{number}"))));
        let admitted: Vec<_> = guesses.filter(|keys| throttle.lock().admit(keys, now) == Admission::Admitted).collect();
        for keys in &admitted {
            throttle.lock().end(keys, End::Failed, now);
        }
        admitted.len()
    };
    // Three guesses without a wait, and a fourth that causes the first wait. Then one guess after each wait.
    assert_eq!([(); 5].map(|()| at_once(&throttle)), [4, 1, 1, 1, 1]);
}

#[tokio::test]
async fn right_passwords_in_parallel_all_get_in_also_after_failures() {
    let throttle = throttle();
    for _ in 0..3 {
        assert!(fails(&throttle, &guess("ada", "192.0.2.1"), Instant::now()));
    }
    let right = (0..50).map(async |_| {
        let in_progress = throttle.begin(&guess("ada", "192.0.2.1")).await.expect("no wait");
        tokio::task::yield_now().await;
        in_progress.end(End::Succeeded);
    });
    futures::future::join_all(right).await;
    assert!(throttle.lock().in_progress.is_empty());
}

#[tokio::test]
async fn a_guess_that_waits_for_another_is_refused_when_that_one_fails() {
    let throttle = throttle();
    for _ in 0..3 {
        assert!(fails(&throttle, &guess("ada", "192.0.2.1"), Instant::now()));
    }
    let mut first = throttle.begin(&guess("ada", "192.0.2.1")).await.expect("no wait");
    first.looks();
    let ada = guess("ada", "192.0.2.2");
    let mut second = pin!(throttle.begin(&ada));
    assert!(futures::poll!(second.as_mut()).is_pending());
    drop(first);
    assert!(second.await.is_err());
}

#[tokio::test]
async fn guesses_that_wait_are_served_in_their_order() {
    let throttle = throttle();
    let right = (0..20).map(|number| {
        let throttle = &throttle;
        async move {
            let in_progress = throttle.begin(&guess("ada", "192.0.2.1")).await.expect("no wait");
            tokio::task::yield_now().await;
            in_progress.end(End::Succeeded);
            number
        }
    });
    let order: Vec<_> = right.collect::<futures::stream::FuturesUnordered<_>>().collect().await;
    // Four are in progress at once, and may end in any order.
    let fours: Vec<_> = order.iter().map(|number| number / 4).collect();
    assert!(fours.is_sorted(), "{order:?}");
}

#[tokio::test]
async fn one_account_whose_guesses_wait_does_not_make_another_at_its_address_wait() {
    let throttle = throttle();
    let (ada, grace) = (guess("ada", "192.0.2.1"), guess("grace", "192.0.2.1"));
    let mut guesses = Vec::new();
    for _ in 0..4 {
        guesses.push(throttle.begin(&ada).await.expect("no wait"));
    }
    let mut waits = pin!(throttle.begin(&ada));
    assert!(futures::poll!(waits.as_mut()).is_pending());
    assert!(throttle.begin(&grace).await.is_ok());
}

#[tokio::test]
async fn only_so_many_guesses_wait() {
    let throttle = Local::new(2);
    let ada = guess("ada", "192.0.2.1");
    let mut guesses = Vec::new();
    for _ in 0..4 {
        guesses.push(throttle.begin(&ada).await.expect("no wait"));
    }
    let [mut one, mut two] = [(); 2].map(|()| Box::pin(throttle.begin(&ada)));
    assert!(futures::poll!(one.as_mut()).is_pending() && futures::poll!(two.as_mut()).is_pending());
    assert!(matches!(throttle.begin(&ada).await.err(), Some(Refused::TooManyWaiting)));
    assert!(throttle.begin(&guess("grace", "192.0.2.1")).await.is_ok(), "another account need not wait");
}

#[tokio::test]
async fn a_guess_whose_request_ends_while_it_waits_holds_nobody_up() {
    let throttle = throttle();
    let ada = guess("ada", "192.0.2.1");
    let mut first = Vec::new();
    for _ in 0..4 {
        first.push(throttle.begin(&ada).await.expect("no wait"));
    }
    let [mut left, mut begun_and_left, mut stays] = [(); 3].map(|()| Box::pin(throttle.begin(&ada)));
    for waiting in [&mut left, &mut begun_and_left, &mut stays] {
        assert!(futures::poll!(waiting.as_mut()).is_pending());
    }
    drop(left);
    first.pop().expect("one in progress").end(End::Succeeded);
    // That began it. Its request ends before it knows.
    drop(begun_and_left);
    let stays = stays.await.expect("its turn");
    assert_eq!(throttle.lock().in_progress.values().max(), Some(&4));
    drop((stays, first));
    let counts = throttle.lock();
    assert!(counts.in_progress.is_empty() && counts.waiting.is_empty());
}

#[tokio::test]
async fn a_guess_whose_password_was_not_looked_at_is_none() {
    let throttle = throttle();
    for _ in 0..50 {
        drop(throttle.begin(&guess("ada", "192.0.2.1")).await.expect("no wait"));
    }
}

#[test]
fn a_guess_that_the_server_could_not_look_at_counts_for_nothing() {
    let throttle = throttle();
    let now = Instant::now();
    for _ in 0..50 {
        assert!(ends(&throttle, &guess("ada", "192.0.2.1"), End::Void, now));
    }
}

#[test]
fn a_right_password_clears_the_count_of_its_own_address_only() {
    let throttle = throttle();
    let now = Instant::now();
    while fails(&throttle, &guess("ada", "198.51.100.1"), now) {}
    for _ in 0..3 {
        assert!(fails(&throttle, &known("ada", "192.0.2.1"), now));
    }
    assert!(ends(&throttle, &known("ada", "192.0.2.1"), End::Succeeded, now));
    assert_eq!(waits(&throttle, &known("ada", "192.0.2.1"), 5), [0, 0, 0, 0, 1], "the pair's own count is cleared");
    assert!(throttle.check(&guess("ada", "203.0.113.1"), now).is_err(), "no other count is cleared");
    let later = now + Duration::from_secs(1);
    assert!(ends(&throttle, &guess("ada", "203.0.113.1"), End::Succeeded, later));
    assert!(fails(&throttle, &guess("ada", "203.0.113.2"), later));
    assert!(throttle.check(&guess("ada", "203.0.113.3"), later).is_err(), "a success at a new address clears no count");
}

#[test]
fn no_right_password_clears_the_count_of_the_address() {
    let throttle = throttle();
    let now = Instant::now();
    for number in 0..21 {
        assert!(fails(&throttle, &guess(&format!("user-{number}"), "192.0.2.1"), now));
    }
    assert!(throttle.check(&guess("ada", "192.0.2.1"), now).is_err(), "the address waits");
    assert!(throttle.check(&guess("ada", "192.0.2.2"), now).is_ok(), "another address does not wait");
    let later = now + Duration::from_secs(1);
    assert!(ends(&throttle, &guess("ada", "192.0.2.1"), End::Succeeded, later));
    assert!(fails(&throttle, &guess("ada", "192.0.2.1"), later));
    assert!(throttle.check(&guess("ada", "192.0.2.1"), later).is_err(), "its failures are still there");
}

#[test]
fn an_address_is_forgiven_with_time() {
    let throttle = throttle();
    let mut now = Instant::now();
    for number in 0..25 {
        let name = format!("user-{number}");
        let guess = guess(&name, "192.0.2.1");
        now += throttle.check(&guess, now).err().unwrap_or_default();
        assert!(fails(&throttle, &guess, now));
    }
    let wait = throttle.check(&guess("ada", "192.0.2.1"), now).expect_err("a wait");
    assert!(wait > Duration::from_secs(10), "{wait:?}");
    let next_day = now + Duration::from_secs(24 * 60 * 60);
    for number in 0..20 {
        assert!(fails(&throttle, &guess(&format!("other-{number}"), "192.0.2.1"), next_day));
    }
}

/// Guesses at a new name each time, from addresses that `address` makes of a number. Returns how many were admitted.
fn admitted_from(address: impl Fn(u16) -> String) -> u16 {
    let (throttle, now) = (throttle(), Instant::now());
    (0..1000).find(|&number| !fails(&throttle, &guess(&number.to_string(), &address(number)), now)).expect("a wait")
}

#[test]
fn the_networks_of_an_ipv6_address_are_counted_with_larger_allowances() {
    assert_eq!(admitted_from(|_| "192.0.2.1".to_owned()), 21);
    assert_eq!(admitted_from(|host| format!("2001:db8::{host:x}")), 21, "one /64");
    assert_eq!(admitted_from(|subnet| format!("2001:db8:0:{:x}::1", subnet & 0xff)), 41, "the /64s of one /56");
    assert_eq!(admitted_from(|subnet| format!("2001:db8:0:{:x}::1", subnet << 6)), 161, "the /56s of one /48");
    let (throttle, now) = (throttle(), Instant::now());
    for site in 0..1000 {
        let address = format!("2001:db8:{site:x}::1");
        assert!(fails(&throttle, &guess(&address, &address), now), "each guess has another /48");
    }
}

#[test]
fn a_known_pair_has_a_count_of_its_own() {
    let throttle = throttle();
    let now = Instant::now();
    while fails(&throttle, &guess("ada", "198.51.100.1"), now) {}
    for number in 0..30 {
        fails(&throttle, &guess(&format!("user-{number}"), "192.0.2.1"), now);
    }
    assert!(throttle.check(&guess("ada", "192.0.2.1"), now).is_err(), "unknown: both counts make it wait");
    assert_eq!(waits(&throttle, &known("ada", "192.0.2.1"), 5), [0, 0, 0, 0, 1], "known: only its own failures count");
}

#[test]
fn a_known_pairs_typos_do_not_make_others_at_the_address_wait() {
    let throttle = throttle();
    let now = Instant::now();
    for number in 0..100 {
        assert!(fails(&throttle, &known(&format!("user-{number}"), "192.0.2.1"), now));
    }
    assert!(throttle.check(&guess("ada", "192.0.2.1"), now).is_ok());
}

#[test]
fn wrong_secrets_of_clients_and_wrong_passwords_are_counted_apart() {
    let secret = |name, address| Guess { at: Guessed::ClientSecret, password_version: None, ..guess(name, address) };
    let password = |name, address| Guess { password_version: None, ..guess(name, address) };
    let now = Instant::now();
    let kinds: [&dyn Fn(&'static str, &'static str) -> Guess<'static>; 2] = [&secret, &password];
    for [one, other] in [kinds, [kinds[1], kinds[0]]] {
        let throttle = throttle();
        while fails(&throttle, &one("client/a", "192.0.2.1"), now) {}
        for name in ["b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r"] {
            assert!(fails(&throttle, &one(name, "192.0.2.1"), now));
        }
        assert!(throttle.check(&one("s", "192.0.2.1"), now).is_err(), "the address waits");
        assert_eq!(waits(&throttle, &other("client/a", "192.0.2.1"), 5), [0, 0, 0, 0, 1], "the other kind does not");
    }
}

#[test]
fn a_new_password_starts_with_nothing_counted() {
    let throttle = throttle();
    let now = Instant::now();
    while fails(&throttle, &guess("ada", "192.0.2.1"), now) {}
    let reset = Guess { password_version: Some(1), ..guess("ada", "192.0.2.1") };
    assert!(throttle.check(&reset, now).is_ok());
}

#[test]
fn a_million_names_take_no_more_memory_than_the_first_hundred_thousand() {
    let throttle = throttle();
    let now = Instant::now();
    for number in 0..1_000_000_u32 {
        let address = std::net::Ipv4Addr::from_bits(number);
        assert!(fails(&throttle, &guess(&number.to_string(), &address.to_string()), now));
    }
    let counts = throttle.lock();
    assert!(counts.failures.len() <= REMEMBERED, "{}", counts.failures.len());
    assert!(counts.in_progress.is_empty());
}
