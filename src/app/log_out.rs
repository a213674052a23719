//! Logging out: the server ends the session, and then the page is left.

use std::time::Duration;

use futures::{
    channel::oneshot,
    future::{Either, select},
};
use leptos::{prelude::*, task::spawn_local};

use super::session::{Notice, Session};
use crate::{browser::fetch, form::FORM};

/// How long the person waits for the server.
const PATIENCE: Duration = Duration::from_secs(3);

/// Tells the server that the session is over (RFC 7009), and ends it here in any case.
pub fn log_out(session: Session) {
    let Some(token) = untrack(|| session.token()) else { return };
    spawn_local(async move {
        let form = format!("token={}", token.access_token);
        let headers = [("Content-Type", FORM)];
        let (late, patience) = oneshot::channel::<()>();
        set_timeout(move || drop(late), PATIENCE);
        let asked = Box::pin(fetch::send("POST", "/revoke", &headers, Some(&form)));
        let is_told = match select(asked, patience).await {
            Either::Left((answer, _)) => answer.is_some_and(|answer| answer.status == 200),
            Either::Right(_) => false,
        };
        session.end(if is_told { Notice::LoggedOut } else { Notice::LoggedOutHere });
    });
}
