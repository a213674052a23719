//! Sessions: `GET` and `DELETE /users/me/sessions`, and the same for administrators.

use cloakroom::model::Scopes;
use serde_json::json;

use super::{
    signed_in::{Tokens, assert_over, ids},
    support::{PASSWORD, TestApp},
};

#[tokio::test]
async fn a_person_sees_where_they_are_signed_in_the_latest_used_first() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    app.create("eve", Scopes::AT_SIGN_UP).await;
    app.sign_in("eve").await;
    let first = app.sign_in("ada").await;
    let form = format!("username=ada&password={PASSWORD}&scope=me offline_access");
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("user-agent", "Mozilla/5.0 (X11; Linux)")];
    let second = Tokens::of(&app.anonymous().call("POST", "/token", &headers, form.replace(' ', "+")).await);
    app.execute("UPDATE sessions SET last_used_at = last_used_at - 5000").await;
    let answer = app.with(&first).get("/users/me/sessions").await;
    answer.assert_not_stored();
    let list = answer.json();
    assert_eq!(ids(&list), [second.session_id(), first.session_id()]);
    let members: Vec<_> = list[0].as_object().expect("an object").keys().collect();
    let promised = ["address", "current", "expires_at", "last_used_at", "session_id", "started_at", "user_agent"];
    assert_eq!(members, promised);
    assert_eq!(list[0]["user_agent"], "Mozilla/5.0 (X11; Linux)");
    assert_eq!((&list[1]["user_agent"], &list[1]["address"]), (&json!(null), &json!("0.0.0.0")));
    assert_eq!((&list[0]["current"], &list[1]["current"]), (&json!(false), &json!(true)));
    // A renewal is a use.
    let first = Tokens::of(&app.refresh(&first.refresh).await);
    assert_eq!(
        ids(&app.with(&first).get("/users/me/sessions").await.json()),
        [first.session_id(), second.session_id()]
    );
    // Whoever logged in without a session sees the sessions, and none is theirs.
    let list = app.log_in("ada").await.get("/users/me/sessions").await.json();
    assert_eq!((ids(&list).len(), &list[0]["current"], &list[1]["current"]), (2, &json!(false), &json!(false)));
}

#[tokio::test]
async fn a_person_ends_one_session_and_nobody_elses() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    app.create("eve", Scopes::AT_SIGN_UP).await;
    let (here, there, eves) = (app.sign_in("ada").await, app.sign_in("ada").await, app.sign_in("eve").await);
    let end = async |id: &str| app.with(&here).delete(&format!("/users/me/sessions/{id}")).await;
    assert_eq!(end(&there.session_id()).await.status, 204);
    assert_over(&app, &there).await;
    for id in [&eves.session_id(), &there.session_id(), "nowhere", "%00", "%ff"] {
        end(id).await.assert_refused(404, "Not Found");
    }
    assert_eq!(app.with(&eves).get("/users/me").await.status, 200);
    assert_eq!(end(&here.session_id()).await.status, 204);
    assert_over(&app, &here).await;
}

#[tokio::test]
async fn a_person_ends_all_other_sessions_at_once() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    app.create("eve", Scopes::AT_SIGN_UP).await;
    let eves = app.sign_in("eve").await;
    let (here, others) = (app.sign_in("ada").await, [app.sign_in("ada").await, app.sign_in("ada").await]);
    assert_eq!(app.with(&here).delete("/users/me/sessions").await.status, 204);
    for other in &others {
        assert_over(&app, other).await;
    }
    for tokens in [&here, &eves] {
        assert_eq!(app.with(tokens).get("/users/me").await.status, 200);
        assert_eq!(app.refresh(&tokens.refresh).await.status, 200);
    }
    // A token without a session keeps none.
    let plain = app.log_in("ada").await;
    assert_eq!(plain.delete("/users/me/sessions").await.status, 204);
    assert_over(&app, &here).await;
    assert_eq!(plain.get("/users/me").await.status, 200);
}

#[tokio::test]
async fn reading_wants_me_and_ending_wants_me_write() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let me = app.with(&app.sign_in_for("ada", "me offline_access").await);
    assert_eq!(me.get("/users/me/sessions").await.status, 200);
    for path in ["/users/me/sessions", "/users/me/sessions/x"] {
        me.delete(path).await.assert_refused(403, "Not enough permissions");
    }
    let items = app.with(&app.sign_in_for("ada", "items offline_access").await);
    for path in ["/users/me/sessions", "/users/me/ended-sessions"] {
        items.get(path).await.assert_refused(403, "Not enough permissions");
        app.anonymous().get(path).await.assert_refused(401, "Not authenticated");
    }
}

#[tokio::test]
async fn an_administrator_sees_and_ends_the_sessions_of_another() {
    let app = TestApp::start().await;
    let grace = app.admin().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let (first, second) = (app.sign_in("ada").await, app.sign_in("ada").await);
    let list = grace.get("/users/ada/sessions").await.json();
    assert_eq!(ids(&list), [second.session_id(), first.session_id()]);
    assert_eq!(list[0]["current"], false);
    let graces = app.sign_in_for("grace", "admin offline_access").await;
    assert_eq!(app.with(&graces).get("/users/grace/sessions").await.json()[0]["current"], true);
    assert_eq!(grace.delete("/users/ada/sessions").await.status, 204);
    assert_over(&app, &first).await;
    assert_over(&app, &second).await;
    assert_eq!(app.with(&graces).get("/users").await.status, 200);
    grace.get("/users/nobody/sessions").await.assert_refused(404, "Not Found");
    grace.delete("/users/nobody/sessions").await.assert_refused(404, "Not Found");
    let ada = app.log_in("ada").await;
    ada.get("/users/grace/sessions").await.assert_refused(403, "Not enough permissions");
    ada.delete("/users/grace/sessions").await.assert_refused(403, "Not enough permissions");
}

#[tokio::test]
async fn a_person_learns_which_session_an_old_refresh_token_has_ended() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let here = app.sign_in("ada").await;
    assert_eq!(app.with(&here).get("/users/me/ended-sessions").await.json(), json!([]));
    let stolen = app.sign_in("ada").await;
    app.refresh(&stolen.refresh).await;
    app.let_the_grace_pass().await;
    app.refresh(&stolen.refresh).await.assert_oauth2(400, "invalid_grant");
    assert_eq!(ids(&app.with(&here).get("/users/me/sessions").await.json()), [here.session_id()]);
    let ended = app.with(&here).get("/users/me/ended-sessions").await.json();
    assert_eq!(ids(&ended), [stolen.session_id()]);
    let members: Vec<_> = ended[0].as_object().expect("an object").keys().collect();
    assert_eq!(members, ["address", "ended_at", "session_id", "started_at", "user_agent"]);
    // A revocation by the thief hides nothing. The person has read it.
    app.revoke(&stolen.refresh).await;
    app.revoke(&stolen.access).await;
    assert_eq!(ids(&app.with(&here).get("/users/me/ended-sessions").await.json()), [stolen.session_id()]);
    let path = format!("/users/me/sessions/{}", stolen.session_id());
    assert_eq!(app.with(&here).delete(&path).await.status, 204);
    assert_eq!(app.with(&here).get("/users/me/ended-sessions").await.json(), json!([]));
    assert_over(&app, &stolen).await;
}

#[tokio::test]
async fn a_user_has_a_hundred_sessions_at_most_and_the_one_unused_for_longest_ends() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let first = app.sign_in("ada").await;
    let second = app.sign_in("ada").await;
    app.execute("UPDATE sessions SET last_used_at = last_used_at - 10000").await;
    let first = Tokens::of(&app.refresh(&first.refresh).await);
    for _ in 0..99 {
        app.sign_in("ada").await;
    }
    assert_eq!(ids(&app.with(&first).get("/users/me/sessions").await.json()).len(), 100);
    assert_over(&app, &second).await;
}

#[tokio::test]
async fn a_new_session_goes_on_also_if_a_hundred_others_were_used_by_a_clock_that_is_ahead() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    for _ in 0..100 {
        app.sign_in("ada").await;
    }
    app.execute("UPDATE sessions SET last_used_at = last_used_at + 3600000").await;
    let tokens = app.sign_in("ada").await;
    assert_eq!(app.with(&tokens).get("/users/me").await.status, 200);
    assert_eq!(ids(&app.with(&tokens).get("/users/me/sessions").await.json()).len(), 100);
}

#[tokio::test]
async fn neither_a_new_password_nor_a_logout_everywhere_hides_that_a_session_was_stolen() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let stolen = app.sign_in("ada").await;
    app.refresh(&stolen.refresh).await;
    app.let_the_grace_pass().await;
    app.refresh(&stolen.refresh).await.assert_oauth2(400, "invalid_grant");
    assert_eq!(app.log_in("ada").await.delete("/users/me/sessions").await.status, 204);
    app.set_password("ada", PASSWORD).await;
    let ended = app.log_in("ada").await.get("/users/me/ended-sessions").await.json();
    assert_eq!(ids(&ended), [stolen.session_id()]);
}
