use std::fs;

use axum::http::Method;
use serde_json::json;

use super::{Dashboard, Result, Site, until};
use crate::feed::Feed;

async fn ran(site: &Site, may_write: bool) -> Result<Dashboard> {
    let dashboard =
        Dashboard::with(site, Feed::in_memory(crate::server::hub()), |parts| parts.may_write = may_write)
            .await?;
    let mut socket = dashboard.client.connect("/ws/validation_updates").await?;
    dashboard.post("/api/validate/batch", "").await?;
    until(&mut socket, "workflow_completed").await?;
    Ok(dashboard)
}

#[tokio::test]
async fn what_was_found_can_be_read_and_decided() -> Result {
    let site = Site::new("decide")?;
    let dashboard = ran(&site, false).await?;
    let list = dashboard.get("/api/workflows").await?;
    let workflow = &list["workflows"][0];
    assert_eq!((&workflow["status"], &workflow["percent"]), (&"completed".into(), &100.into()));
    assert_eq!((&workflow["flagged"], &workflow["findings"]), (&2.into(), &3.into()));

    let (status, event) = dashboard.post("/api/validations/1/approve", "").await?;
    assert_eq!((status, &event["event"]["type"]), (200, &"validation_approved".into()));
    let (status, event) = dashboard.post("/api/validations/1/approve", "").await?;
    assert_eq!((status, event), (200, json!(null)), "it is approved already");
    dashboard.post("/api/validations/2/reject", "").await?;
    let detail = dashboard.get("/api/workflows/1").await?;
    let validations = detail["validations"].as_array().ok_or("a list")?;
    let decided: Vec<_> = validations.iter().map(|one| (&one["file"], &one["status"])).collect();
    assert_eq!(decided, [(&"docs/b.md".into(), &"approved".into()), (&"a.md".into(), &"rejected".into())]);
    Ok(())
}

#[tokio::test]
async fn a_recommendation_is_applied_when_it_is_approved_and_files_may_be_written() -> Result {
    let site = Site::new("apply")?;
    let dashboard = ran(&site, true).await?;
    let (status, refused) = dashboard.post("/api/recommendations/1/apply", "").await?;
    assert_eq!((status, &refused["help"]), (409, &"approve it first".into()));
    dashboard.post("/api/recommendations/1/approve", "").await?;
    let (status, event) = dashboard.post("/api/recommendations/1/apply", "").await?;
    assert_eq!((status, &event["event"]["type"]), (200, &"recommendation_applied".into()));
    assert_eq!(fs::read_to_string(site.folder.join("a.md"))?, "# A\n\n## Deep\n\n```\nls\n```\n");

    fs::write(site.folder.join("a.md"), "changed\n")?;
    dashboard.post("/api/recommendations/2/approve", "").await?;
    let (status, refused) = dashboard.post("/api/recommendations/2/apply", "").await?;
    assert_eq!(status, 409);
    assert!(refused["error"].as_str().is_some_and(|words| words.contains("has changed")), "{refused}");
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn symbolic_links_do_not_lead_out_of_the_directory() -> Result {
    use std::os::unix::fs::symlink;

    let outside = Site::new("outside")?;
    let site = Site::new("links")?;
    symlink(&outside.folder, site.folder.join("out"))?;
    symlink(outside.folder.join("docs/b.md"), site.folder.join("linked.md"))?;
    let dashboard = ran(&site, true).await?;
    let detail = dashboard.get("/api/workflows/1").await?;
    assert_eq!(detail["total"], 3, "{detail}");
    let (status, refused) = dashboard.post("/api/validate/batch", r#"{"directory":"out"}"#).await?;
    assert_eq!(status, 422);
    assert!(refused["error"].as_str().is_some_and(|words| words.contains("`out` leads out")), "{refused}");

    dashboard.post("/api/recommendations/1/approve", "").await?;
    fs::remove_file(site.folder.join("a.md"))?;
    symlink(outside.folder.join("a.md"), site.folder.join("a.md"))?;
    let (status, refused) = dashboard.post("/api/recommendations/1/apply", "").await?;
    assert_eq!(status, 409, "{refused}");
    assert!(fs::read_to_string(outside.folder.join("a.md"))?.contains("### Deep"));
    Ok(())
}

#[tokio::test]
async fn files_are_not_written_unless_the_program_may() -> Result {
    let site = Site::new("read only")?;
    let dashboard = ran(&site, false).await?;
    dashboard.post("/api/recommendations/1/approve", "").await?;
    let (status, refused) = dashboard.post("/api/recommendations/1/apply", "").await?;
    assert_eq!((status, &refused["help"]), (409, &"start it with `--write`".into()));
    Ok(())
}

#[tokio::test]
async fn orders_that_are_none_are_explained() -> Result {
    let site = Site::new("orders")?;
    let dashboard = Dashboard::new(&site).await?;
    for (body, status, words) in [
        ("{", 400, "EOF"),
        (r#"{"dir":"docs"}"#, 400, "unknown field `dir`"),
        (r#"{"directory":"../.."}"#, 422, "leads out"),
        (r#"{"directory":"nowhere"}"#, 422, "there is no directory `nowhere`"),
    ] {
        let (got, refused) = dashboard.post("/api/validate/batch", body).await?;
        assert_eq!(got, status, "{body}");
        assert!(refused["error"].as_str().is_some_and(|error| error.contains(words)), "{refused}");
    }
    assert_eq!(dashboard.client.get("/api/workflows/7").await?.status().as_u16(), 404);
    assert_eq!(dashboard.post("/api/validations/7/approve", "").await?.0, 404);
    Ok(())
}

#[tokio::test]
async fn a_batch_without_files_fails_with_its_reason() -> Result {
    let site = Site::new("nothing")?;
    fs::create_dir(site.folder.join("empty"))?;
    let dashboard = Dashboard::new(&site).await?;
    let mut socket = dashboard.client.connect("/ws/validation_updates").await?;
    dashboard.post("/api/validate/batch", r#"{"directory":"empty"}"#).await?;
    let events = until(&mut socket, "workflow_failed").await?;
    let last = events.last().ok_or("an event")?;
    assert_eq!(last["event"]["reason"], "there is no Markdown file in `empty`");
    Ok(())
}

#[tokio::test]
async fn health_asks_anew() -> Result {
    let site = Site::new("health")?;
    let dashboard = Dashboard::new(&site).await?;
    assert_eq!(dashboard.get("/health").await?["status"], "up");
    fs::remove_dir_all(&site.folder)?;
    let response = dashboard.client.get("/health").await?;
    assert_eq!(response.status().as_u16(), 503);
    let report: serde_json::Value = response.json()?;
    assert_eq!(
        (&report["components"][0]["name"], &report["components"][0]["up"]),
        (&"documents".into(), &false.into())
    );
    Ok(())
}

#[tokio::test]
async fn a_name_of_the_internet_that_leads_to_this_machine_gets_nothing() -> Result {
    let site = Site::new("rebinding")?;
    let feed = Feed::in_memory(crate::server::hub());
    let dashboard = Dashboard::with(&site, feed, |parts| parts.is_local = true).await?;
    for (host, status) in [
        ("evil.example:3000", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost:3000", 200),
        ("127.0.0.1:3000", 200),
        ("[::1]:3000", 200),
        ("workstation:3000", 200),
    ] {
        let response = dashboard.client.request("/api/workflows").header("host", host).send().await?;
        assert_eq!(response.status().as_u16(), status, "{host}: {}", response.text());
    }
    Ok(())
}

#[tokio::test]
async fn pages_of_other_origins_get_nothing() -> Result {
    let site = Site::new("origins")?;
    let dashboard = Dashboard::new(&site).await?;
    let request = |origin: &'static str| {
        let request = dashboard.client.request("/api/validate/batch").method(Method::POST);
        request.header("host", "localhost:3000").header("origin", origin)
    };
    let refused = request("http://evil.example").send().await?;
    assert_eq!((refused.status().as_u16(), refused.header("access-control-allow-origin")), (403, None));
    assert!(refused.text().contains("http://evil.example"), "{}", refused.text());
    assert_eq!(dashboard.get("/api/workflows").await?["workflows"], json!([]));
    let own = request("http://localhost:3000").send().await?;
    assert_eq!(own.status().as_u16(), 202);
    assert_eq!(own.header("access-control-allow-origin"), Some("http://localhost:3000"));
    let socket = dashboard.client.request("/ws/logs").origin("http://evil.example").refused().await?;
    assert_eq!(socket.rule(), Some("origin_refused"));
    Ok(())
}
