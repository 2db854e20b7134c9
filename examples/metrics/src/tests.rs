//! The program without its port.

use std::error::Error;

use sockeye::{CloseCode, testing::TestClient};

use super::{count, server};

#[tokio::test]
async fn what_happens_is_counted_and_shown() -> Result<(), Box<dyn Error>> {
    let client = TestClient::new(server(count()?)).await?;
    let mut socket = client.connect("/echo").await?;
    socket.send("hello").await?;
    assert_eq!(socket.recv_text().await?, "hello");
    socket.close(CloseCode::NORMAL, "").await?;
    client.assert_idle().await;
    // The test client knows handshakes, and whatever is no 101 is a refusal to it.
    let numbers = client.request("/metrics").without_header("upgrade").without_header("connection");
    let numbers = numbers.refused().await?.body().to_owned();
    for line in [
        r#"sockeye_messages_total{route="/echo",direction="in"} 1"#,
        r#"sockeye_message_bytes_total{route="/echo",direction="out"} 5"#,
        r#"sockeye_connection_seconds_bucket{route="/echo",le="86400"} 1"#,
    ] {
        assert!(numbers.contains(line), "{line} is not in\n{numbers}");
    }
    Ok(())
}
