use std::fs;

use super::{Dashboard, Result, Site, next, until};
use crate::{feed::Feed, server::hub};

#[tokio::test]
async fn a_restart_goes_on_where_the_program_was_and_loses_no_event() -> Result {
    let site = Site::new("restart")?;
    let journal = site.folder.join("journal.jsonl");
    {
        let dashboard = Dashboard::with(&site, Feed::open(hub(), &journal)?, |_| {}).await?;
        let mut socket = dashboard.client.connect("/ws/validation_updates").await?;
        dashboard.post("/api/validate/batch", "").await?;
        until(&mut socket, "workflow_completed").await?;
        let other = Feed::open(hub(), &journal).err().ok_or("the journal is in use")?;
        assert!(other.to_string().contains("another dashboard has it"), "{other}");
    }
    // As if it had been killed in the middle of the last step, while it wrote a line.
    let text = fs::read_to_string(&journal)?;
    let kept: Vec<_> = text.lines().take(10).collect();
    assert!(kept.len() < text.lines().count());
    let copy = site.folder.join("killed.jsonl");
    fs::write(&copy, format!("{}\n{{\"position\":", kept.join("\n")))?;

    let feed = Feed::open(hub(), &copy)?;
    let dashboard = Dashboard::with(&site, feed, |_| {}).await?;
    let mut socket = dashboard.client.connect("/ws/validation_updates?position=10").await?;
    next(&mut socket).await?;
    let events = until(&mut socket, "workflow_completed").await?;
    assert_eq!(events[0]["position"], "11");
    let list = dashboard.get("/api/workflows").await?;
    assert_eq!(
        (&list["workflows"][0]["status"], &list["workflows"][0]["findings"]),
        (&"completed".into(), &3.into())
    );
    assert_eq!(dashboard.feed.read(|state, _| state.recommendations.len()), 2);
    Ok(())
}

#[tokio::test]
async fn a_journal_with_a_line_that_is_no_event_is_not_written_anew() -> Result {
    let site = Site::new("damaged")?;
    let journal = site.folder.join("journal.jsonl");
    {
        let dashboard = Dashboard::with(&site, Feed::open(hub(), &journal)?, |_| {}).await?;
        let mut socket = dashboard.client.connect("/ws/validation_updates").await?;
        dashboard.post("/api/validate/batch", "").await?;
        until(&mut socket, "workflow_completed").await?;
    }
    let mut lines: Vec<_> = fs::read_to_string(&journal)?.lines().map(str::to_owned).collect();
    lines[2].truncate(10);
    let damaged = lines.join("\n") + "\n";
    let copy = site.folder.join("damaged.jsonl");
    fs::write(&copy, &damaged)?;
    let error = Feed::open(hub(), &copy).err().ok_or("a damaged journal was opened")?.to_string();
    assert!(error.contains("line 3 is not an event"), "{error}");
    assert_eq!(fs::read_to_string(&copy)?, damaged);
    Ok(())
}
